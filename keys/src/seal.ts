import { canonicalText, fileText } from '@appwarrant/verifier/formats';
import type { JsonObject } from '@appwarrant/verifier/formats';
import type { Signer } from './signer.ts';

// Raw control characters are looked for because they are what makes the two forms differ.
const CONTROLS = /[\u0000-\u001f]/;

/** One signature of a sealed document. */
export type Signature = { readonly keyid: string; readonly sig: string };

/**
 * Signs the canonical form of `signed` with each signer and gives the bytes of the file (SPEC §2): signatures sorted by
 * key id, so that the same signatures give the same file in whatever order people signed. A key that occurs twice
 * signs once. Throws what a signer throws.
 */
export async function sealMetadata(signed: JsonObject, signers: readonly Signer[]): Promise<Uint8Array> {
  const text = canonicalText(signed);
  const bytes = new TextEncoder().encode(text);
  const distinct = new Map(signers.map((signer) => [signer.keyId, signer]));
  const signatures = await Promise.all([...distinct.values()].map((signer) => signatureBy(signer, bytes)));
  return fileOf(text, signed, signatures);
}

/** One signer's signature over bytes that are already canonical. */
export async function signatureBy(signer: Signer, bytes: Uint8Array): Promise<Signature> {
  return { keyid: signer.keyId, sig: Buffer.from(await signer.sign(bytes)).toString('hex') };
}

/** The file that holds these signatures, whoever made them. */
export function sealedFile(signed: JsonObject, signatures: readonly Signature[]): Uint8Array {
  return fileOf(canonicalText(signed), signed, signatures);
}

/** Canonical form and file form differ in control characters only (SPEC §1.2), which few documents hold. */
function fileOf(canonicalForm: string, signed: JsonObject, signatures: readonly Signature[]): Uint8Array {
  const sorted = signatures.toSorted((a, b) => (a.keyid < b.keyid ? -1 : 1));
  const text = CONTROLS.test(canonicalForm) ? fileText(signed) : canonicalForm;
  return new TextEncoder().encode(`{"signatures":${fileText(sorted)},"signed":${text}}`);
}
