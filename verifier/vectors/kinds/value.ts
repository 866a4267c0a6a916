import { fromBase64url } from '../../src/base64url.ts';
import { parseDigest, toHex } from '../../src/digest.ts';
import { parseTarget } from '../../src/http/request-target.ts';
import * as ids from '../../src/ids.ts';
import { isLabel } from '../../src/label.ts';
import { hostOf, isLoopbackOrigin, isOrigin } from '../../src/origin.ts';
import { Refused } from '../../src/refused.ts';
import { secondsOf } from '../../src/time.ts';
import { read, readText, type Facts, type Kind } from '../kind.ts';

const types = new Map<string, (text: string) => Facts>([
  ['base64url', (text) => ({ hex: toHex(fromBase64url(text)) })],
  ['digest', (text) => ({ hex: parseDigest(text) })],
  ['time', (text) => ({ seconds: secondsOf(text) })],
  ['label', (text) => (isLabel(text) ? {} : malformed())],
  ['origin', parseOrigin],
  ['request-target', (text) => (parseTarget(text), {})],
  ['partner-id', matching(ids.partnerIdPattern)],
  ['partner-role', matching(ids.partnerRolePattern)],
  ['customer-id', matching(ids.customerIdPattern)],
  ['approver-id', matching(ids.approverIdPattern)],
  ['build-id', matching(ids.buildIdPattern)],
  ['app-slug', matching(ids.appSlugPattern)],
  ['capability', matching(ids.capabilityPattern)],
  ['thumbprint', matching(ids.thumbprintPattern)],
]);

/** One value on its own (SPEC §1, §3.6, §10.4). */
export const value: Kind = {
  required: ['type', 'text'],
  facts: ['hex', 'seconds', 'host', 'development'],
  prepare(members) {
    const parse = types.get(readText(members.type, 'type'));
    const text = readText(members.text, 'text');
    if (parse === undefined) return read.refuse('type', `one of ${[...types.keys()].join(', ')}`);
    return () => parse(text);
  },
};

function parseOrigin(text: string): Facts {
  if (!isOrigin(text)) throw new Refused('origin_malformed');
  return { host: hostOf(text), development: isLoopbackOrigin(text) };
}

function matching(pattern: RegExp): (text: string) => Facts {
  return (text) => (pattern.test(text) ? {} : malformed());
}

/** Inside a document it is that document's refusal (SPEC §1.5). */
function malformed(): never {
  throw new Refused('value_malformed');
}
