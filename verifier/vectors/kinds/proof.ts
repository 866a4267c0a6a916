import { toBase64url } from '../../src/base64url.ts';
import { coveredComponents, hasBody } from '../../src/http/coverage.ts';
import { parseProof } from '../../src/http/proof.ts';
import { readHead, type RequestToCheck } from '../../src/http/request-head.ts';
import { signatureBase } from '../../src/http/signature-base.ts';
import { isOrigin } from '../../src/origin.ts';
import type { JsonValue } from '../../src/json.ts';
import { read, readBase64, readText, type Kind } from '../kind.ts';

/** The head of a request: its syntax, what its proof covers, and the signature base (SPEC §10.1–§10.4). */
export const proof: Kind = {
  required: ['origin', 'request'],
  facts: ['components', 'created', 'expires', 'nonce', 'keyid', 'signature', 'base', 'hasBody'],
  prepare(members) {
    const origin = readOrigin(members.origin);
    const request = readRequest(members.request);
    return () => {
      const head = readHead(request, origin);
      const { components, created, expires, nonce, keyid, parameters, signature } = parseProof(head.fields);
      const covered = coveredComponents(components, head, origin);
      return {
        components,
        created,
        expires,
        nonce,
        keyid,
        signature: toBase64url(signature),
        base: signatureBase(covered, parameters),
        hasBody: hasBody(head),
      };
    };
  },
};

/** A request as a vector holds it: texts, header fields as pairs, the body in base64. */
export function readRequest(value: JsonValue | undefined): RequestToCheck {
  const request = read.members(value, 'request', ['headers', 'method', 'target'], ['body']);
  return {
    method: readText(request.method, 'request.method'),
    target: readText(request.target, 'request.target'),
    headers: read.list(request.headers, 'request.headers', 0, 1000).map((pair): [string, string] => {
      const [name, field] = read.list(pair, 'request.headers', 2, 2);
      return [readText(name, 'request.headers'), readText(field, 'request.headers')];
    }),
    ...(request.body !== undefined && { body: readBase64(request.body, 'request.body') }),
  };
}

export function readOrigin(value: JsonValue | undefined): string {
  const origin = readText(value, 'origin');
  return isOrigin(origin) ? origin : read.refuse('origin', 'an origin');
}
