import type { Allowlist } from '../allowlist.ts';
import { attempt, nullIfRefused } from '../attempt.ts';
import { randomBytes } from '../crypto.ts';
import { Refused } from '../refused.ts';
import type { Admission } from './admission.ts';
import { rememberAttestations } from './attestation-memo.ts';
import { createChecker } from './check.ts';
import { judgeCookie } from './cookie-cover.ts';
import { coveredComponents } from './coverage.ts';
import {
  contentDigest,
  expectedContentDigest,
  requireContentDigest,
  requireCredentialDigest,
} from './digest-fields.ts';
import { judgeAttestation } from './judge-attestation.ts';
import { parseProof } from './proof.ts';
import { createReplayTable } from './replay.ts';
import { requireSignature } from './proof-signature.ts';
import { readHead, type RequestHead, type RequestToCheck } from './request-head.ts';
import { signatureBase } from './signature-base.ts';
import {
  apart,
  contentFacts,
  cookieSays,
  credentialFacts,
  credentials,
  moment,
  saysHead,
  saysKey,
  saysProof,
} from './step-words.ts';
import { withoutCredentials, type Facts } from './step-words.ts';
import { mostOfBody, requireWholeBody } from './whole-body.ts';
import { openWindow } from './window.ts';

// The check of a request (SPEC §10.6) taken apart, for people: the same functions in the same order, each with what it found. Whether
// the request is admitted the check itself says; nothing is admitted here, and no nonce is used up.

/** The steps of the check, in their order. A closed list: programs read these names. */
export const steps = [
  'allowlist',
  'head',
  'proof',
  'coverage',
  'deployment',
  'time',
  'key',
  'cookie',
  'credentials',
  'content',
  'signature',
  'nonce',
] as const;

type StepName = (typeof steps)[number];

/** One step. `says` is for people; `facts` are what helps to find the fault, by name. Neither holds a credential. */
export type Step = {
  readonly step: StepName;
  readonly says: string;
  readonly facts: Facts;
} & (
  | { readonly outcome: 'passed' | 'not reached' | 'not judged here' }
  | { readonly outcome: 'refused'; readonly refused: Refused }
);

export type Explanation = {
  /** As at which time it was judged: seconds since 1970. */
  readonly at: number;
  readonly steps: readonly Step[];
  /** What the check says of this request at that time, its nonce not used before. */
  readonly verdict: Admission | Refused;
};

type Site = {
  readonly allowlist: Allowlist;
  readonly origin: string;
  readonly deployment: string;
};

/** When a request says that its proof was created (seconds); null where it has no proof that can be read. Throws nothing. */
export function createdOf(request: RequestToCheck, origin: string): number | null {
  return nullIfRefused(() => parseProof(readHead(request, origin).fields).created);
}

/** Judges a request as at a time (seconds), and says of each step what came of it. Throws nothing. */
export function explain(request: RequestToCheck, site: Site, at: number): Explanation {
  const done: Step[] = [];
  attempt(() => walk(request, site, at, done));
  const reached = new Set(done.map(({ step }) => step));
  const rest = steps.filter((step) => !reached.has(step));
  const missing = rest.map((step): Step => ({ step, outcome: 'not reached', says: '', facts: {} }));
  return { at, steps: [...done, ...missing], verdict: verdictOn(request, site, at) };
}

/** The very check, by a server that has just been activated. */
function verdictOn(
  request: RequestToCheck,
  { allowlist, origin, deployment }: Site,
  at: number,
): Admission | Refused {
  const checker = createChecker({
    allowlist: () => allowlist,
    origin,
    deployment,
    now: () => at * 1000,
    startedAt: null,
    replay: createReplayTable(randomBytes(32), 16),
    randomKey: randomBytes(32),
  });
  return attempt(() => checker.check(request));
}

/** Goes as far as the check would go, and writes down each step. Throws the refusal at which it ends. */
function walk(
  request: RequestToCheck,
  { allowlist, origin, deployment }: Site,
  at: number,
  done: Step[],
): void {
  const take = <T>(
    step: StepName,
    work: () => T,
    says: (value: T) => string,
    facts: () => Facts = () => ({}),
  ): T => {
    try {
      const value = work();
      done.push({ step, outcome: 'passed', says: says(value), facts: {} });
      return value;
    } catch (error) {
      if (error instanceof Refused)
        done.push({ step, outcome: 'refused', refused: error, says: error.seen, facts: facts() });
      throw error;
    }
  };
  const { body } = request;

  take(
    'allowlist',
    () => allowlist.judgeNow(at),
    ({ kind, age }) => `It is ${kind}: signed ${String(age)} s before.`,
  );
  const head = take('head', () => readSized(request, origin), saysHead);
  const { values } = head.fields;
  const proof = take('proof', () => parseProof(head.fields), saysProof);
  const components = take(
    'coverage',
    () => coveredComponents(proof.components, head, origin),
    () => `It covers ${proof.components.join(', ')}.`,
    () => ({ covered: proof.components.join(' ') }),
  );
  take(
    'deployment',
    () => {
      if (values.get('appwarrant-deployment') !== deployment)
        throw new Refused('wrong_deployment', `This is the deployment ${deployment}.`);
    },
    () => `It is for ${deployment}.`,
    () => ({ expected: deployment, received: values.get('appwarrant-deployment') ?? '' }),
  );
  const window = openWindow({ startedAt: null, latest: 0, key: randomBytes(32) });
  take(
    'time',
    () => window.judge(proof, at),
    () => `It was created at ${moment(proof.created)}, ${apart(at - proof.created)}.`,
    () => ({ created: moment(proof.created), judgedAt: moment(at) }),
  );
  const attestation = values.get('oauth-client-attestation');
  const match = take(
    'key',
    () =>
      attestation === undefined
        ? allowlist.findKey(proof.keyid, at)
        : judgeAttestation(
            attestation,
            { keyid: proof.keyid, allowlist, deployment, now: at },
            rememberAttestations(),
          ),
    (found) => saysKey(found, attestation !== undefined),
    () => ({ keyid: proof.keyid }),
  );
  take(
    'cookie',
    () => judgeCookie(head, proof, match),
    (cookie) => cookieSays[cookie],
  );
  take(
    'credentials',
    () => {
      requireCredentialDigest(head.fields, 'authorization');
      requireCredentialDigest(head.fields, 'cookie');
    },
    () => {
      const there = credentials.filter((name) => values.has(`${name}-digest`));
      return there.length === 0 ? 'There is no digest of one.' : `The digest is right: ${there.join(', ')}.`;
    },
    () => credentialFacts(head),
  );
  take(
    'content',
    () => {
      const expected = expectedContentDigest(head.fields);
      requireWholeBody(head, body);
      requireContentDigest(expected, contentDigest(body));
    },
    () =>
      body === undefined || body.length === 0
        ? 'There is no body.'
        : 'Content-Digest is the digest of the body.',
    () => contentFacts(head, body),
  );
  const base = signatureBase(components, proof.parameters);
  take(
    'signature',
    () => requireSignature({ proof, match, base }),
    () => `It is valid over ${String(components.length)} components.`,
    () => ({ base: withoutCredentials(base) }),
  );
  const says = challenged.test(proof.nonce)
    ? 'Only the server that gave the challenge in the nonce knows it, and whether the nonce was used before.'
    : 'Only the server knows whether it was used before, or when it started.';
  done.push({ step: 'nonce', outcome: 'not judged here', says, facts: {} });
}

const challenged = /\./;

function readSized(request: RequestToCheck, origin: string): RequestHead {
  if (request.body !== undefined && request.body.length > mostOfBody)
    throw new Refused('too_large', 'The body is longer than 16 MiB.');
  return readHead(request, origin);
}
