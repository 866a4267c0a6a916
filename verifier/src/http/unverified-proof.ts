/** A request proof, syntactically complete, of which nothing has been verified yet (SPEC §10.1, §10.3). */
export type Proof = {
  /** Names of the covered components, in the order in which they were signed. */
  readonly components: readonly string[];
  /** Seconds since 1970, by the client's clock. */
  readonly created: number;
  /** Seconds since 1970, by the client's clock; null when it names no end. */
  readonly expires: number | null;
  readonly nonce: string;
  /** Thumbprint of the signing key. */
  readonly keyid: string;
  /** The signature parameters as the signature base shows them. */
  readonly parameters: string;
  /** r‖s. */
  readonly signature: Uint8Array;
};
