import { thumbprintPattern } from '../ids.ts';
import { Refused } from '../refused.ts';
import type { Fields } from './header-fields.ts';
import { scanProof } from './scan-proof.ts';
import {
  parseDictionary,
  serializeInnerList,
  type BareItem,
  type InnerList,
  type Parameters,
} from './structured-fields.ts';
import type { Proof } from './unverified-proof.ts';

/** The `tag` of the one signature that counts; other signatures on the request are somebody else's affair. */
const proofTag = 'app-attestation';

/** SPEC §12: the longest header field of the proof, in characters. */
const mostOfField = 8_192;
const noncePattern = /^[A-Za-z0-9_-]{16,128}$/;
/** A challenge of this server, a dot, and at least 16 characters of the client's own. */
const challengedPattern = /^[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]{16,95}$/;
const known: ReadonlySet<string> = new Set(['created', 'expires', 'nonce', 'keyid', 'alg', 'tag']);

/** Reads the proof. Throws `proof_missing`, `proof_repeated`, `proof_malformed`, `proof_coverage`, `too_large`. */
export function parseProof({ values }: Fields): Proof {
  const input = bounded('Signature-Input', values.get('signature-input'));
  if (input === undefined) throw new Refused('proof_missing');
  const signature = bounded('Signature', values.get('signature'));
  return scanProof(input, signature ?? '') ?? readProof(input, signature);
}

function readProof(input: string, signature: string | undefined): Proof {
  const [label, list] = findOurs(input);
  const { parameters } = list;
  for (const name of parameters.keys()) {
    if (!known.has(name)) throw malformed(`has the unknown parameter "${name.slice(0, 40)}"`);
  }
  const created = integer(parameters, 'created');
  const nonce = text(parameters, 'nonce');
  const keyid = text(parameters, 'keyid');
  if (!noncePattern.test(nonce) && !challengedPattern.test(nonce)) {
    throw malformed(
      'needs a nonce of 16 to 128 characters of base64url, or a challenge, a dot and 16 to 95 of them',
    );
  }
  if (!thumbprintPattern.test(keyid)) throw malformed('needs a keyid that is an RFC 7638 thumbprint');
  if (parameters.has('alg') && text(parameters, 'alg') !== 'ecdsa-p256-sha256') {
    throw malformed('names an algorithm other than ecdsa-p256-sha256');
  }
  const expires = parameters.has('expires') ? integer(parameters, 'expires') : null;
  if (expires !== null && expires <= created) throw malformed('expires before it was created');
  return {
    components: componentsOf(list),
    created,
    expires,
    nonce,
    keyid,
    parameters: serializeInnerList(list),
    signature: readSignature(signature, label),
  };
}

function findOurs(input: string): [label: string, list: InnerList] {
  let found: [string, InnerList] | undefined;
  for (const [label, member] of parseDictionary('Signature-Input', input)) {
    if (member.kind !== 'list') throw malformed('has a member that is not an inner list');
    const tag = member.parameters.get('tag');
    if (tag === undefined) continue;
    if (tag.kind !== 'string') throw malformed('has a tag that is not a string');
    if (tag.value !== proofTag) continue;
    if (found !== undefined) throw new Refused('proof_repeated');
    found = [label, member];
  }
  if (found === undefined) throw new Refused('proof_missing', `No signature has the tag ${proofTag}.`);
  return found;
}

function componentsOf(list: InnerList): readonly string[] {
  const names: string[] = [];
  for (const { item, parameters } of list.items) {
    if (item.kind !== 'string') throw malformed('covers a component whose name is not a string');
    if (item.value.length > 100)
      throw malformed('covers a component with a name of more than 100 characters');
    if (parameters.size > 0)
      throw new Refused('proof_coverage', `The component "${item.value}" has a parameter.`);
    if (names.includes(item.value)) throw malformed(`covers "${item.value}" twice`);
    if (names.length === 64) throw malformed('covers more than 64 components');
    names.push(item.value);
  }
  return names;
}

function readSignature(signatures: string | undefined, label: string): Uint8Array {
  if (signatures === undefined)
    throw new Refused('proof_malformed', 'Signature-Input came without Signature.');
  const member = parseDictionary('Signature', signatures).get(label);
  if (member?.kind !== 'item' || member.item.kind !== 'bytes' || member.parameters.size > 0) {
    throw new Refused(
      'proof_malformed',
      'Signature has no plain byte sequence under the label of Signature-Input.',
    );
  }
  if (member.item.value.length !== 64)
    throw new Refused('proof_malformed', 'The signature must have 64 bytes, r and s.');
  return member.item.value;
}

function bounded(name: string, value: string | undefined): string | undefined {
  if (value !== undefined && value.length > mostOfField)
    throw new Refused('too_large', `${name} is longer than 8 KiB.`);
  return value;
}

function integer(parameters: Parameters, name: string): number {
  const item: BareItem | undefined = parameters.get(name);
  if (item?.kind !== 'integer' || item.value < 0)
    throw malformed(`needs the parameter ${name}, a whole number`);
  return item.value;
}

function text(parameters: Parameters, name: string): string {
  const item: BareItem | undefined = parameters.get(name);
  if (item?.kind !== 'string') throw malformed(`needs the parameter ${name}, a string`);
  return item.value;
}

function malformed(what: string): Refused {
  return new Refused('proof_malformed', `Signature-Input ${what}.`);
}
