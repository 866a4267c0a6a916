import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/json.ts';
import { createReplayTable } from '../../src/http/replay.ts';
import { Refused } from '../../src/refused.ts';
import { parseJson } from '../../src/strict-json.ts';
import { secondsOf } from '../../src/time.ts';
import { readBase64 } from '../../vectors/kind.ts';
import { readMoment, underGivenClock } from '../../vectors/kinds/given-clock.ts';
import { readRequest } from '../../vectors/kinds/proof.ts';
import { openSite, readSite } from '../../vectors/kinds/site.ts';
import { codeOf, createExplainedChecker } from './explained-checker.ts';

const folder = join(import.meta.dirname, '../../vectors/request');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** What a route adds, and what is said before a request is looked at. */
const notOfTheRequest = new Set(['capability_missing', 'no_bundle', 'clock_behind']);

test.each(files)('The explanation of %s is the verdict', (name) => {
  const vector = parseJson(readFileSync(join(folder, name)), 4_000_000) as JsonObject;
  const steps = vector.steps as readonly JsonObject[];
  const { refused } = vector.expect as JsonObject;
  const expected = typeof refused === 'string' ? refused : null;
  const last = underGivenClock((clock) => {
    const members = readSite(vector);
    const site = openSite(members);
    const begin = (startedAt: number | null) =>
      createExplainedChecker({
        allowlist() {
          const current = site.current();
          if (current === null) throw new Refused('no_bundle');
          return current.allowlist;
        },
        origin: members.origin ?? '',
        deployment: members.deployment ?? '',
        now: () => site.clock().now(),
        startedAt: startedAt === null ? null : startedAt * 1000,
        replay: createReplayTable(new Uint8Array(32), 1024),
        randomKey:
          vector.challengeKey === undefined ? new Uint8Array(32) : readBase64(vector.challengeKey, 'key'),
      });
    let checker = begin(typeof vector.startedAt === 'string' ? secondsOf(vector.startedAt) : null);
    let code: string | null = null;
    for (const step of steps) {
      clock.moveTo(readMoment(step));
      try {
        code = null;
        if (step.kind === 'load') site.load(readBase64(step.bundle, 'bundle'));
        else if (step.kind === 'check') code = codeOf(checker.check(readRequest(step.request)));
        else {
          checker = begin(null);
          site.restart();
        }
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        code = error.code;
      }
    }
    return code;
  });
  // Each check above was compared with its explanation; here the two meet the vector, but for what needs the process of before.
  const needsMore =
    (expected !== null && notOfTheRequest.has(expected)) || steps.some(({ kind }) => kind === 'restart');
  expect(needsMore || expected === null ? expected : last).toBe(expected);
});
