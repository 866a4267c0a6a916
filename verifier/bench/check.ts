// What the full check of a request costs, beside the one signature verification that no check can do without, and beside the
// hash of its body. Every checked request is a different one, signed beforehand.

import { createHash, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { createChecker } from '../src/http/check.ts';
import { createReplayTable } from '../src/http/replay.ts';
import type { RequestToCheck } from '../src/http/request-head.ts';
import { deployment, makeSite, origin, start } from '../test/http/site.ts';
import { interleave } from './interleave.ts';
import { printFigures, type Figure } from './print.ts';

const calls = 25;
const rounds = 120;
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

/** Requests of one kind, each to be taken once. */
function requests(make: () => RequestToCheck): () => RequestToCheck {
  const stock = Array.from({ length: calls * (rounds + Math.ceil(rounds / 10)) }, make);
  return () => {
    const next = stock.pop();
    if (next === undefined) throw new Error('too few requests');
    return next;
  };
}

const browserHeaders: [string, string][] = [
  ['Host', 'ris.hospital.test'],
  ['Accept', 'application/json'],
  ['User-Agent', 'viewer/1.0.0'],
  ['Authorization', 'Bearer 0123456789abcdef0123456789abcdef'],
];
const post = (size: number) => {
  const body = randomBytes(size);
  const headers: [string, string][] = [...browserHeaders, ['Content-Type', 'application/json']];
  return requests(() => signed({ method: 'POST', headers, body }));
};
const nextGet = requests(() => signed({ headers: browserHeaders.slice(0, 3) }));
const nextUserGet = requests(() => signed({ headers: browserHeaders }));
const nextSmall = post(sizes['1 KB']);
const nextLarge = post(sizes['64 KB']);

const message = randomBytes(400);
const publicKey = createPublicKey(key.privateKey);
const der = sign('sha256', message, key.privateKey);
const small = randomBytes(sizes['1 KB']);
const large = randomBytes(sizes['64 KB']);
const unsigned: RequestToCheck = { method: 'GET', target: '/orders', headers: browserHeaders };

const verification = 'crypto.verify, KeyObject';
const cases = new Map<string, () => void>([
  [verification, () => void verify('sha256', message, publicKey, der)],
  ['sha256 of 1 KB', () => void createHash('sha256').update(small).digest()],
  ['sha256 of 64 KB', () => void createHash('sha256').update(large).digest()],
  ['GET P-256', () => void checker.check(nextGet())],
  ['GET P-256, user', () => void checker.check(nextUserGet())],
  ['POST 1 KB P-256', () => void checker.check(nextSmall())],
  ['POST 64 KB P-256', () => void checker.check(nextLarge())],
  ['refused: not signed', () => refused(unsigned)],
]);

function refused(request: RequestToCheck): void {
  try {
    checker.check(request);
  } catch {
    return;
  }
  throw new Error('It was admitted.');
}

const medians = interleave(cases, { calls, rounds });
const one = medians.get(verification) ?? Number.NaN;
const figures = [...medians].map(([name, value]): Figure => {
  const figure = { bench: 'check', case: name, value, unit: 'us' } as const;
  return name === verification ? figure : { ...figure, ratio: value / one, to: verification };
});
printFigures('Check of a request: medians of interleaved batches', figures);
