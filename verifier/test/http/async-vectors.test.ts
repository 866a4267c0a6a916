import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Admission } from '../../src/http/admission.ts';
import { createChecker, type Checker } from '../../src/http/check.ts';
import { createReplayTable, restoreReplayTable, type ReplayTable } from '../../src/http/replay.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { JsonObject } from '../../src/json.ts';
import { Refused } from '../../src/refused.ts';
import { parseJson } from '../../src/strict-json.ts';
import { secondsOf } from '../../src/time.ts';
import { readBase64 } from '../../vectors/kind.ts';
import { readMoment } from '../../vectors/kinds/given-clock.ts';
import { readRequest } from '../../vectors/kinds/proof.ts';
import { openSite, readSite } from '../../vectors/kinds/site.ts';
import { sha256 } from '../../src/crypto.ts';
import { underAwaitedClock } from './awaited-clock.ts';

// The check that waits decides as the one that does not: over every published request, with what leads to it, in each of its forms.

const folder = join(import.meta.dirname, '../../vectors/request');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

type Ask = (checker: Checker, request: RequestToCheck) => Admission | Promise<Admission>;

/** What each step of a vector came to: an admission, what a refusal says, or nothing. */
async function outcomes(vector: JsonObject, ask: Ask): Promise<unknown[]> {
  return underAwaitedClock(async (moveTo) => {
    const members = readSite(vector);
    const site = openSite(members);
    let replay: ReplayTable;
    const begin = (
      table: ReplayTable,
      startedAt: number | null,
      key: JsonObject[string] | undefined,
    ): Checker => {
      replay = table;
      return createChecker({
        allowlist() {
          const current = site.current();
          if (current === null) throw new Refused('no_bundle');
          return current.allowlist;
        },
        origin: members.origin ?? '',
        deployment: members.deployment ?? '',
        now: () => site.clock().now(),
        startedAt: startedAt === null ? null : startedAt * 1000,
        replay,
        randomKey: key === undefined ? new Uint8Array(32) : readBase64(key, 'key'),
      });
    };
    const empty = (): ReplayTable => createReplayTable(new Uint8Array(32), 1024);
    const first = typeof vector.startedAt === 'string' ? secondsOf(vector.startedAt) : null;
    let checker = begin(empty(), first, vector.challengeKey);
    const found: unknown[] = [];
    for (const step of vector.steps as readonly JsonObject[]) {
      const moment = readMoment(step);
      moveTo(moment);
      try {
        if (step.kind === 'load') site.load(readBase64(step.bundle, 'bundle'));
        else if (step.kind === 'check') found.push(await ask(checker, readRequest(step.request)));
        else {
          const kept =
            step.nonces === 'kept' ? restoreReplayTable(replay!.save(checker.latest()), 1024) : undefined;
          checker = begin(kept ?? empty(), kept === undefined ? moment.at : null, step.challengeKey);
          site.restart();
        }
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        found.push({ code: error.code, message: error.message, members: error.members });
      }
    }
    return found;
  });
}

const digestOf = ({ body = new Uint8Array() }: RequestToCheck): Uint8Array => sha256(body);

test.each(files)('Whoever waits for the verdict on %s hears the same', async (name) => {
  const vector = parseJson(readFileSync(join(folder, name)), 4_000_000) as JsonObject;
  const whole = await outcomes(vector, (checker, request) => checker.check(request));
  expect(whole.length).toBeGreaterThan(0);
  expect(await outcomes(vector, (checker, request) => checker.checkAsync(request))).toEqual(whole);
  const byHead = await outcomes(vector, (checker, request) =>
    checker.checkHead(request).finish(digestOf(request)),
  );
  const later = await outcomes(vector, async (checker, request) =>
    (await checker.checkHeadAsync(request)).finish(digestOf(request)),
  );
  expect(later).toEqual(byHead);
});
