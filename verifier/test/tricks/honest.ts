import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import { Refused } from '../../src/refused.ts';
import { refusal } from '../compose/story.ts';
import { newNonce, signRequest, type ToSign } from '../http/sign.ts';
import { contentOf, nextBundle, temporaryFolder, type Site } from '../state/site.ts';
import type { ServerProcess } from './start-process.ts';

/** A request that the site's approved app signs now, by a clock that is right. */
export function signNow({ key, origin, deployment }: Site, to: Partial<ToSign> = {}): RequestToCheck {
  return signRequest({ key, origin, deployment, created: Math.floor(Date.now() / 1000), ...to });
}

/** A request that answers the challenge of a refusal about time, as the sdk does. */
export function answering(site: Site, members: Readonly<Record<string, unknown>>): RequestToCheck {
  expect(members).toHaveProperty('challenge');
  return signNow(site, { nonce: `${String(members.challenge)}.${newNonce()}` });
}

/**
 * What becomes of an honest app's request: `app` when it is served, at once or when the app has answered the challenge that a
 * restarted server gives; else the code with which it is refused.
 */
export function verdict(site: Site, verifier: Pick<Verifier, 'check'>): string {
  const first = codeOr(() => verifier.check(signNow(site)).kind);
  if (!(first instanceof Refused) || first.code !== 'proof_before_start') return nameOf(first);
  return nameOf(codeOr(() => verifier.check(answering(site, first.members)).kind));
}

/** The same of a server in a process of its own. */
export async function verdictBy(site: Site, server: ServerProcess): Promise<string> {
  let answer = await server.check(signNow(site));
  if (answer.refused === 'proof_before_start') answer = await server.check(answering(site, answer.members));
  return answer.refused ?? (answer.ok as { kind: string }).kind;
}

/** Loads the vendor's next bundle, and the honest app is served. */
export function expectGoesOn(site: Site, verifier: Verifier): void {
  verifier.load(nextBundle(site));
  expect(verdict(site, verifier)).toBe('app');
}

/** A bundle as a file, for a server that loads by name: the vendor's next one, unless another is given. */
export function bundleFile(site: Site, bytes = nextBundle(site)): string {
  const file = join(temporaryFolder(), 'bundle');
  writeFileSync(file, bytes);
  return file;
}

/** What is tried is refused with this code, and not a byte of the state folder is another afterwards: the floor among them. */
export function refusedTrick(code: ReasonCode, { folder }: Site, act: () => unknown): Refused {
  const before = contentOf(folder);
  const refused = refusal(code, act);
  expect(contentOf(folder)).toEqual(before);
  return refused;
}

function codeOr(act: () => string): string | Refused {
  try {
    return act();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

function nameOf(outcome: string | Refused): string {
  return outcome instanceof Refused ? outcome.code : outcome;
}
