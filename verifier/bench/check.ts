// What the full check of a request costs, beside the one signature verification that no check can do without, and beside the
// hash of its body. Every checked request is a different one, signed just before its batch.

import { createHash, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { createChecker } from '../src/http/check.ts';
import { createReplayTable } from '../src/http/replay.ts';
import type { RequestToCheck } from '../src/http/request-head.ts';
import { deployment, makeSite, origin, start } from '../test/http/site.ts';
import { interleave, type Case } from './interleave.ts';
import { printFigures, type Figure } from './print.ts';

const sizes = { '1 KB': 1024, '64 KB': 65_536 } as const;

const { key, allowlist, sign: signed } = makeSite();
const checker = createChecker({
  allowlist: () => allowlist,
  origin,
  deployment,
  now: () => start * 1000,
  startedAt: null,
  replay: createReplayTable(randomBytes(32)),
  randomKey: randomBytes(32),
});

/** The full check of requests of one kind, each of them once. */
function checking(make: () => RequestToCheck): Case {
  return (calls) => {
    const stock = Array.from({ length: calls }, make);
    return () => void checker.check(stock.pop() as RequestToCheck);
  };
}

const browserHeaders: [string, string][] = [
  ['Host', 'ris.hospital.test'],
  ['Accept', 'application/json'],
  ['User-Agent', 'viewer/1.0.0'],
  ['Authorization', 'Bearer 0123456789abcdef0123456789abcdef'],
];
const post = (size: number): Case => {
  const body = randomBytes(size);
  const headers: [string, string][] = [...browserHeaders, ['Content-Type', 'application/json']];
  return checking(() => signed({ method: 'POST', headers, body }));
};

const message = randomBytes(400);
const publicKey = createPublicKey(key.privateKey);
const der = sign('sha256', message, key.privateKey);
const small = randomBytes(sizes['1 KB']);
const large = randomBytes(sizes['64 KB']);
const unsigned: RequestToCheck = { method: 'GET', target: '/orders', headers: browserHeaders };

const verification = 'crypto.verify, KeyObject';
const cases = new Map<string, Case>([
  [verification, () => () => void verify('sha256', message, publicKey, der)],
  ['sha256 of 1 KB', () => () => void createHash('sha256').update(small).digest()],
  ['sha256 of 64 KB', () => () => void createHash('sha256').update(large).digest()],
  ['GET P-256', checking(() => signed({ headers: browserHeaders.slice(0, 3) }))],
  ['GET P-256, with a user', checking(() => signed({ headers: browserHeaders }))],
  ['POST 1 KB P-256', post(sizes['1 KB'])],
  ['POST 64 KB P-256', post(sizes['64 KB'])],
  ['refused: not signed', () => () => refused(unsigned)],
]);

function refused(request: RequestToCheck): void {
  try {
    checker.check(request);
  } catch {
    return;
  }
  throw new Error('It was admitted.');
}

/** The figures of this benchmark. Takes some seconds. */
export function benchCheck(): readonly Figure[] {
  const medians = interleave(cases, { calls: 10, rounds: 300 });
  const one = medians.get(verification) ?? Number.NaN;
  return [...medians].map(([name, value]): Figure => {
    const figure = { bench: 'check', case: name, value, unit: 'us' } as const;
    return name === verification ? figure : { ...figure, ratio: value / one, to: verification };
  });
}

if (import.meta.main) printFigures('Check of a request: medians of interleaved batches', benchCheck());
