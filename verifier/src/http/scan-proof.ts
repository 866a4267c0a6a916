import { decodeBase64 } from './native-base64.ts';
import type { Proof } from './unverified-proof.ts';

// Nearly every proof has the form that SPEC §10.1 shows. To recognise it is less than half the work of parsing whatever may come.

/** How long its parts may be is asked afterwards: repetitions that are counted take twice as long. */
const usual =
  /^([a-z][a-z0-9_-]*)=(\("([a-z@-]+(?:" "[a-z@-]+)*)"\);created=(0|[1-9][0-9]*);nonce="([A-Za-z0-9_-]+)";keyid="([A-Za-z0-9_-]*[AEIMQUYcgkosw048])";tag="app-attestation")$/;

/**
 * Recognises a proof in its usual form, without a challenge: whatever is recognised, `parseProof` reads in the same way. Undefined for
 * everything else, which has to be parsed. Throws nothing.
 */
export function scanProof(input: string, signatures: string): Proof | undefined {
  const found = usual.exec(input);
  if (found === null) return undefined;
  const [, label = '', parameters = '', names = '', created = '', nonce = '', keyid = ''] = found;
  if (created.length > 15 || nonce.length < 16 || nonce.length > 128 || keyid.length !== 43) return undefined;
  const components = names.split('" "');
  if (components.length > 64 || !components.every(isUsualName)) return undefined;
  const signature = scanSignature(label, signatures);
  if (signature === undefined) return undefined;
  return { components, created: Number(created), expires: null, nonce, keyid, parameters, signature };
}

/** Not too long, and not a second time. */
function isUsualName(name: string, at: number, names: readonly string[]): boolean {
  return name.length <= 100 && names.indexOf(name) === at;
}

/** The 64 bytes of `label=:…:`, and nothing else. */
function scanSignature(label: string, signatures: string): Uint8Array | undefined {
  const start = label.length + '=:'.length;
  const framed =
    signatures.startsWith(label) && signatures.startsWith('=:', label.length) && signatures.endsWith(':');
  return framed ? decodeBase64(signatures.slice(start, -1), 64) : undefined;
}
