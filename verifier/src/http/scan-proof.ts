import { thumbprintPattern } from '../ids.ts';
import { fromBase64 } from './base64.ts';
import type { Proof } from './proof.ts';

// Nearly every proof has the form that SPEC §10.1 shows. To recognise it is half the work of parsing whatever may come.

const input =
  /^([a-z][a-z0-9_-]*)=(\("([a-z@-]{1,100}(?:" "[a-z@-]{1,100}){0,15})"\);created=(0|[1-9][0-9]{0,14});nonce="([A-Za-z0-9_-]{16,128})";keyid="([A-Za-z0-9_-]{43})";tag="app-attestation")$/;
const signature = /^([a-z][a-z0-9_-]*)=:([A-Za-z0-9+/]{86}==):$/;

/**
 * Recognises a proof in its usual form, without a challenge: whatever is recognised, `parseProof` reads in the same way. Undefined for
 * everything else, which has to be parsed. Throws `proof_malformed` where the signature is no base64, as `parseProof` does.
 */
export function scanProof(signatureInput: string, signatures: string): Proof | undefined {
  const found = input.exec(signatureInput);
  const signed = signature.exec(signatures);
  if (found === null || signed === null) return undefined;
  const [, label, parameters = '', names = '', created, nonce = '', keyid = ''] = found;
  const components = names.split('" "');
  if (signed[1] !== label || !thumbprintPattern.test(keyid) || new Set(components).size < components.length)
    return undefined;
  return {
    components,
    created: Number(created),
    expires: null,
    nonce,
    keyid,
    parameters,
    signature: fromBase64(signed[2] as string),
  };
}
