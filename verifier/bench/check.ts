// What the full check of a request costs, beside the one signature verification that no check can do without, beside the hash of its
// body, and beside what others check. Every checked request is a different one, signed just before its batch.

import { createHash, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import type { RequestToCheck } from '../src/http/request-head.ts';
import { interleave, type Case } from './interleave.ts';
import { fastJwt } from './peers/fast-jwt.ts';
import { httpMessageSig } from './peers/http-message-sig.ts';
import { httpMessageSignatures } from './peers/http-message-signatures.ts';
import { joseDpop } from './peers/jose.ts';
import { jsonWebToken } from './peers/jsonwebtoken.ts';
import { oauth4webapiDpop } from './peers/oauth4webapi.ts';
import { printFigures, type Figure } from './print.ts';
import { refusalCases } from './refusals.ts';
import { makeSite } from './site.ts';

const kilobyte = 1024;
const site = makeSite();

/** The full check of requests of one kind, each of them once. */
function checking(make: () => RequestToCheck): Case {
  return (calls) => {
    const stock = Array.from({ length: calls }, make);
    return () => void site.checker.check(stock.pop() as RequestToCheck);
  };
}

/** What an app's request brings along, whatever its proof. */
const usual: [string, string][] = [
  ['Host', 'erp.customer.example'],
  ['Accept', 'application/json'],
  ['User-Agent', 'viewer/1.0.0'],
];
const ofUser: [string, string][] = [...usual, ['Authorization', 'Bearer 0123456789abcdef0123456789abcdef']];
const post = (size: number): Case => {
  const body = randomBytes(size);
  const headers: [string, string][] = [...usual, ['Content-Type', 'application/json']];
  return checking(() => site.sign({ method: 'POST', headers, body }));
};

const publicKey = createPublicKey(site.key.privateKey);
/** A signature over as many bytes as a request's are, with nothing around: like the requests, each is made just before its batch. */
const verifying: Case = (calls) => {
  const stock = Array.from({ length: calls }, () => {
    const message = randomBytes(350);
    return { message, der: sign('sha256', message, site.key.privateKey) };
  });
  return () => {
    const { message, der } = stock.pop() as (typeof stock)[number];
    if (!verify('sha256', message, publicKey, der)) throw new Error('It was refused.');
    return undefined;
  };
};
const large = randomBytes(64 * kilobyte);

const verification = 'one raw verification';
const ours = 'GET';
const raw = new Map<string, Case>([
  [verification, verifying],
  ['raw SHA-256 of 64 KB', () => () => void createHash('sha256').update(large).digest()],
]);
const checks = new Map<string, Case>([
  [ours, checking(() => site.sign({ headers: usual }))],
  ['GET, with a user', checking(() => site.sign({ headers: ofUser }))],
  ['GET, attested', checking(() => site.signAttested({ headers: usual }))],
  ['POST 1 KB', post(kilobyte)],
  ['POST 64 KB', post(64 * kilobyte)],
]);

/** The figures of this benchmark. Takes a minute. */
export async function benchCheck(): Promise<readonly Figure[]> {
  const refusals = refusalCases(site);
  const peers = new Map<string, Case>([
    ['jose, DPoP by hand', await joseDpop()],
    ['oauth4webapi, DPoP', oauth4webapiDpop()],
    ['http-message-signatures', httpMessageSignatures(site)],
    ['http-message-sig', httpMessageSig(site)],
    ['jsonwebtoken HS256', jsonWebToken()],
    ['fast-jwt ES256', fastJwt('ES256')],
    ['fast-jwt HS256', fastJwt('HS256')],
  ]);
  const medians = await interleave(new Map([...raw, ...checks, ...refusals, ...peers]), {
    calls: 10,
    rounds: 200,
  });
  const timeOf = (name: string): number => medians.get(name) ?? Number.NaN;
  return [...medians].map(([name, value]): Figure => {
    const figure = { bench: 'check', case: name, value, unit: 'us' } as const;
    if (name === verification) return figure;
    // One who takes twice as long serves half as many requests a second.
    if (peers.has(name)) return { ...figure, ratio: value / timeOf(ours), to: `our ${ours}` };
    if (name !== 'POST 64 KB') return { ...figure, ratio: value / timeOf(verification), to: verification };
    const both = timeOf(verification) + timeOf('raw SHA-256 of 64 KB');
    return { ...figure, ratio: value / both, to: 'verification and hash' };
  });
}

if (import.meta.main) printFigures('Check of a request: medians of interleaved batches', await benchCheck());
