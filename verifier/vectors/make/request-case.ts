import type { RequestToCheck } from '../../src/http/request-head.ts';
import { makeChallenge } from '../../src/http/challenge-token.ts';
import type { JsonObject } from '../../src/json.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { timeOf } from '../../src/time.ts';
import { headerOf, signRequest, withHeader, type ToSign } from '../../test/http/sign.ts';
import { nonceOf, type FixedKey } from './keys.ts';
import { accepted, refused, type Defect, type Made } from './vector-case.ts';
import {
  base64,
  bundleNow,
  makeWorld,
  newYear,
  requestOf,
  siteOf,
  type World,
  type WorldOptions,
} from './world.ts';

// What the makers of `request` vectors share: a site at which the bundle was loaded at the new year, and requests an hour later.

const area = 'request';

/** When most requests are checked. */
export const noon = newYear + 3600;

/** A step of a request vector. Times in seconds. */
export type Step =
  | { readonly kind: 'load'; readonly at?: number; readonly passed?: number; readonly bundle: Uint8Array }
  | {
      readonly kind: 'check';
      readonly at?: number;
      readonly passed?: number;
      readonly request: RequestToCheck;
      readonly require?: string;
    }
  | {
      readonly kind: 'restart';
      readonly at: number;
      readonly passed?: number;
      readonly nonces: 'kept' | 'lost';
      readonly challengeKey?: string;
    };

/** A key that seals challenges, and the challenge of a moment. */
export const challengeKey = base64(Buffer.alloc(32, 7));
export function challengeAt(seconds: number, key = challengeKey): string {
  return makeChallenge(seconds, Buffer.from(key, 'base64'));
}

/** The input of a request vector: the world's bundle is loaded at the new year, then these steps happen. */
export function requestInput(world: World, steps: readonly Step[], changes: JsonObject = {}): JsonObject {
  const load: Step = { kind: 'load', at: newYear, bundle: bundleNow(world) };
  return {
    kind: 'request',
    ...siteOf(world),
    startedAt: null,
    ...changes,
    steps: [load, ...steps].map(written),
  };
}

function written(step: Step): JsonObject {
  const { kind } = step;
  const at = timeOf(step.at ?? noon);
  switch (kind) {
    case 'load': {
      const { passed, bundle } = step;
      return { kind, at, ...(passed !== undefined && { passed }), bundle: base64(bundle) };
    }
    case 'check': {
      const { passed, request, require } = step;
      return {
        kind,
        at,
        ...(passed !== undefined && { passed }),
        request: requestOf(request),
        ...(require !== undefined && { require }),
      };
    }
    case 'restart': {
      const { passed, nonces, challengeKey: key } = step;
      return {
        kind,
        at,
        ...(passed !== undefined && { passed }),
        nonces,
        ...(key !== undefined && { challengeKey: key }),
      };
    }
  }
}

/** One check, at noon. */
export function check(
  request: RequestToCheck,
  at = noon,
  more: { readonly require?: string; readonly passed?: number } = {},
): Step {
  return { kind: 'check', at, request, ...more };
}

/** A request of the world's app, signed at noon with one fixed nonce. */
export function sign(
  world: World,
  to: Partial<Omit<ToSign, 'key'>> & { readonly key?: FixedKey } = {},
): RequestToCheck {
  const { key = world.key } = to;
  const { deployment, origin } = world;
  return signRequest({
    origin,
    deployment,
    created: noon,
    nonce: nonceOf('request'),
    ...to,
    key,
    signBase: key.signRaw,
  });
}

/** Signature-Input with a part of it replaced, after it was signed. */
export function edited(request: RequestToCheck, from: string | RegExp, to: string): RequestToCheck {
  const before = headerOf(request, 'Signature-Input');
  const after = before.replace(from, to);
  if (after === before) throw new TypeError(`${before} does not have ${String(from)}.`);
  return withHeader(request, 'Signature-Input', after);
}

/** A refused request. `status` is that of the answer (SPEC §11). */
export function refusedRequest(
  [code, status]: readonly [ReasonCode, number],
  name: string,
  about: string,
  spec: readonly string[],
  make: (defect: Defect, world: World) => JsonObject,
  more: { readonly options?: WorldOptions; readonly members?: JsonObject } = {},
): Made {
  const { options, members } = more;
  return refused({
    area,
    code,
    name,
    about,
    spec,
    status,
    ...(members && { members }),
    make: (defect) => make(defect, makeWorld(options)),
  });
}

export function acceptedRequest(
  name: string,
  about: string,
  spec: readonly string[],
  input: JsonObject,
  facts: JsonObject,
): Made {
  return accepted({ area, name, about, spec, input, facts });
}
