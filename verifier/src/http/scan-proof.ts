import type { Proof } from './proof.ts';

// Nearly every proof has the form that SPEC §10.1 shows. To recognise it is half the work of parsing whatever may come.

const input =
  /^([a-z][a-z0-9_-]*)=(\("([a-z@-]{1,100}(?:" "[a-z@-]{1,100}){0,15})"\);created=(0|[1-9][0-9]{0,14});nonce="([A-Za-z0-9_-]{16,128})";keyid="([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])";tag="app-attestation")$/;
/** 64 bytes in the one spelling of base64: the last character has four zero bits. */
const signature = /^([a-z][a-z0-9_-]*)=:([A-Za-z0-9+/]{85}[AQgw]==):$/;

/**
 * Recognises a proof in its usual form, without a challenge: whatever is recognised, `parseProof` reads in the same way. Undefined for
 * everything else, which has to be parsed. Throws nothing.
 */
export function scanProof(signatureInput: string, signatures: string): Proof | undefined {
  const found = input.exec(signatureInput);
  const signed = signature.exec(signatures);
  if (found === null || signed === null) return undefined;
  const [, label, parameters = '', names = '', created, nonce = '', keyid = ''] = found;
  const components = names.split('" "');
  const distinct = components.every((name, i) => components.indexOf(name) === i);
  if (signed[1] !== label || !distinct) return undefined;
  return {
    components,
    created: Number(created),
    expires: null,
    nonce,
    keyid,
    parameters,
    signature: Buffer.from(signed[2] as string, 'base64'),
  };
}
