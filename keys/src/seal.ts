import { canonical, fileText } from '@appwarrant/verifier/formats';
import type { JsonObject } from '@appwarrant/verifier/formats';
import type { Signer } from './signer.ts';

/** One signature of a sealed document. */
export type Signature = { readonly keyid: string; readonly sig: string };

/**
 * Signs the canonical form of `signed` with each signer and gives the bytes of the file (SPEC §2): signatures sorted by
 * key id, so that the same signatures give the same file in whatever order people signed. A key that occurs twice
 * signs once. Throws what a signer throws.
 */
export async function sealMetadata(signed: JsonObject, signers: readonly Signer[]): Promise<Uint8Array> {
  const bytes = canonical(signed);
  const distinct = new Map(signers.map((signer) => [signer.keyId, signer]));
  const signatures = await Promise.all([...distinct.values()].map((signer) => signatureBy(signer, bytes)));
  return sealedFile(signed, signatures);
}

/** One signer's signature over bytes that are already canonical. */
export async function signatureBy(signer: Signer, bytes: Uint8Array): Promise<Signature> {
  return { keyid: signer.keyId, sig: Buffer.from(await signer.sign(bytes)).toString('hex') };
}

/** The file that holds these signatures, whoever made them. */
export function sealedFile(signed: JsonObject, signatures: readonly Signature[]): Uint8Array {
  const sorted = signatures.toSorted((a, b) => (a.keyid < b.keyid ? -1 : 1));
  return new TextEncoder().encode(fileText({ signatures: sorted, signed }));
}
