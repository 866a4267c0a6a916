// A long run against a real server: memory sampled, nothing refused wrongly, nothing admitted twice. `npm run soak -w verifier -- --minutes 60
// --rate 2000`; ends with a line that says whether it passed, and with 0 or 1.

import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { timeOf } from '../src/time.ts';
import { attest } from '../test/http/attest.ts';
import { attesting } from '../test/http/attested-site.ts';
import {
  addEntry,
  approve,
  entryCustom,
  makeAppKey,
  type AppKey,
  type TestTarget,
} from '../test/compose/vendor.ts';
import { makeKey } from '../test/http/sign.ts';
import { appClient, type AppClient } from './app-client.ts';
import { openPool, type Answer } from './http-pool.ts';
import { makeSiteOnDisk } from './site-on-disk.ts';
import { judgeSoak, type Sample } from './soak-verdict.ts';
import { startServed } from './start-served.ts';
import { serverKinds, type ServerKind } from './served.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '2000' },
    server: { type: 'string', default: 'node' },
    json: { type: 'boolean', default: false },
  },
});
const [minutes, rate] = [Number(values.minutes), Number(values.rate)];
const kind = serverKinds.find((each): each is ServerKind => each === values.server);
if (!(minutes > 0) || !(rate > 0) || kind === undefined) {
  process.stderr.write(`--minutes N --rate N --server ${serverKinds.join('|')}\n`);
  process.exit(2);
}

const site = makeSiteOnDisk('http://erp.customer.example');
const anchor = join(site.root, 'anchor.json');
const bundleFile = join(site.root, 'bundle');
writeFileSync(anchor, JSON.stringify({ type: 'appwarrant/anchor/1', anchor: site.anchor() }));

// Forty apps with keys of their own, and one whose hundred copies bring attestations.
const { origin, deployment, vendor } = site;
const pinned = Array.from({ length: 40 }, (_, i) => {
  const key = makeAppKey();
  const custom = entryCustom(vendor, key, { app: { id: `app-${String(i)}`, name: `App ${String(i)}` } });
  return { key, entry: addEntry(vendor, custom) };
});
const issuer = makeAppKey();
const attested = entryCustom(vendor, issuer, {
  app: { id: 'field', name: 'Field' },
  identities: [attesting(issuer)],
});
approve(vendor, [...pinned.map(({ entry }) => entry), addEntry(vendor, attested)]);
const copies = Array.from({ length: 100 }, () => makeKey());
const attestationFor = (copy: (typeof copies)[number]): string =>
  attest({
    issuer,
    copy,
    partner: attested.partner.id,
    app: attested.app.id,
    build: attested.build.id,
    deployment,
    issued: Math.floor(Date.now() / 1000) - 5,
    lifetime: 900,
  });
const clientsOfPinned = pinned.map(({ key }) => appClient({ key, origin, deployment }));
let clientsOfCopies: readonly AppClient[] = [];
/** As copies do: each fetches a new attestation before its old one ends. */
function renewAttestations(): void {
  clientsOfCopies = copies.map((key) =>
    appClient({ key, origin, deployment, attestation: attestationFor(key) }),
  );
}
renewAttestations();

const server = await startServed({ kind, site: { anchor, stateDir: site.folder, origin } });
writeFileSync(bundleFile, site.bundle());
const refused = await server.load(bundleFile);
if (refused !== null) throw new Error(`The first bundle was refused: ${refused}`);

const pool = openPool(server.port, 64);
const forger = createPrivateKey(
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
);

/** What should become of a request: 200, or the code of its refusal. */
type Expected =
  | '200'
  | 'replayed'
  | 'digest_mismatch'
  | 'signature_invalid'
  | 'proof_missing'
  | 'proof_stale'
  | 'app_not_approved'
  | 'revoked';
const counts = new Map<Expected, number>();
const wrong = new Map<string, number>();
const latencies: number[] = [];
let admittedTwice = 0;
let [sent, answered, broken, late] = [0, 0, 0, 0];

function codeOf({ status, body }: Answer): string {
  if (status === 200) return '200';
  return /"code":"([a-z_]+)"/.exec(body)?.[1] ?? String(status);
}

/** Sends, and notes whether what came back is what should. */
async function expectAnswer(request: string, expected: Expected): Promise<void> {
  sent += 1;
  const begun = performance.now();
  try {
    const got = codeOf(await pool.send(request));
    answered += 1;
    if (expected === '200' && latencies.length < 200_000) latencies.push(performance.now() - begun);
    counts.set(expected, (counts.get(expected) ?? 0) + 1);
    if (got === expected) return;
    if (got === '200' && expected === 'replayed') admittedTwice += 1;
    const name = `${expected} became ${got}`;
    wrong.set(name, (wrong.get(name) ?? 0) + 1);
  } catch {
    broken += 1;
  }
}

/** Requests that were admitted, to be sent again: at once, and up to half a minute later. */
const admitted: { readonly request: string; readonly at: number }[] = [];
const anyOf = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;
const anyClient = (): AppClient => (Math.random() < 0.8 ? anyOf(clientsOfPinned) : anyOf(clientsOfCopies));

async function sendGenuine(request: string): Promise<void> {
  await expectAnswer(request, '200');
  if (Math.random() < 0.2 && admitted.length < 20_000) admitted.push({ request, at: performance.now() });
}

function sendOne(): Promise<void> {
  const client = anyClient();
  const what = Math.random();
  if (what < 0.78) return sendGenuine(client.get());
  if (what < 0.9) return sendGenuine(client.post(`{"note":"${randomBytes(48).toString('hex')}"}`));
  if (what < 0.94) {
    const old = admitted.splice(Math.floor(Math.random() * admitted.length), 1)[0];
    // What was created a minute ago is stale, and no replay any more: it may have to wait for a connection.
    if (old !== undefined && performance.now() - old.at < 30_000)
      return expectAnswer(old.request, 'replayed');
    return sendGenuine(client.get());
  }
  if (what < 0.96) {
    const changes = { sentBody: '{"total":9}' };
    return expectAnswer(client.post('{"total":1}', changes), 'digest_mismatch');
  }
  if (what < 0.98) return expectAnswer(anyOf(clientsOfPinned).get({ signer: forger }), 'signature_invalid');
  if (what < 0.99) return expectAnswer(client.get({ unsigned: true }), 'proof_missing');
  return expectAnswer(client.get({ created: Math.floor(Date.now() / 1000) - 600 }), 'proof_stale');
}

/** A new bundle: one build comes, and the one that came before is revoked. What is right before and after is asked each time. */
let guest: { readonly key: AppKey; readonly client: AppClient; readonly entry: TestTarget } | null = null;
let loads = 0;
let isLoading = false;
async function reload(): Promise<void> {
  // On a machine that is busy one may take longer than it is until the next.
  if (isLoading) return;
  isLoading = true;
  await loadNext();
  isLoading = false;
}

async function loadNext(): Promise<void> {
  const key = makeAppKey();
  const client = appClient({ key, origin, deployment });
  await expectAnswer(client.get(), 'app_not_approved');
  const before = guest;
  const entry = addEntry(
    vendor,
    entryCustom(vendor, key, { app: { id: `guest-${String(loads)}`, name: 'Guest' } }),
  );
  approve(vendor, [entry]);
  if (before !== null) {
    vendor.revocations.push({
      subject: { kind: 'artifact', digest: before.entry.digest },
      through: timeOf(Math.floor(Date.now() / 1000) - 10),
    });
  }
  // Of revoked ones the last stays listed, so that what refuses it is the revocation.
  const listed = new Set([entry, before?.entry]);
  vendor.targets = vendor.targets.filter((target) => !target.path.includes('/guest-') || listed.has(target));
  writeFileSync(bundleFile, site.bundle());
  const code = await server.load(bundleFile);
  if (code !== null) wrong.set(`bundle became ${code}`, (wrong.get(`bundle became ${code}`) ?? 0) + 1);
  loads += 1;
  await expectAnswer(client.get(), '200');
  if (before !== null) await expectAnswer(before.client.get(), 'revoked');
  guest = { key, client, entry };
}

const samples: Sample[] = [];
const begun = performance.now();
const elapsed = (): number => (performance.now() - begun) / 1000;
const percentile = (share: number): number =>
  latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * share)] ?? 0;

async function takeSample(): Promise<void> {
  const { cpu, resident, live } = await server.usage();
  const sample: Sample = {
    at: elapsed(),
    answered,
    resident,
    live,
    cpu,
    p50: percentile(0.5),
    p99: percentile(0.99),
    load: loadavg()[0] ?? 0,
  };
  latencies.length = 0;
  const before = samples.at(-1);
  samples.push(sample);
  const since = sample.at - (before?.at ?? 0);
  const reached = (answered - (before?.answered ?? 0)) / since;
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const line = `${String(Math.round(sample.at)).padStart(5)} s  ${reached.toFixed(0).padStart(5)}/s  p50 ${sample.p50.toFixed(1)} ms  p99 ${sample.p99.toFixed(1)} ms  live ${mib(live)}  resident ${mib(resident)}  wrong ${String(total(wrong))}  twice ${String(admittedTwice)}  broken ${String(broken)}  load ${sample.load.toFixed(1)}`;
  process.stdout.write(values.json ? `${JSON.stringify(sample)}\n` : `${line}\n`);
}

function total(of: ReadonlyMap<string, number>): number {
  return [...of.values()].reduce((sum, each) => sum + each, 0);
}

const every = (seconds: number, act: () => Promise<void> | void): NodeJS.Timeout =>
  setInterval(() => void act(), seconds * 1000);
const timers = [every(30, takeSample), every(10, reload), every(300, renewAttestations)];
const running = new Set<Promise<void>>();
await takeSample();
const startedAt = performance.now();
let due = 0;
/** Whoever ends it early is told what was seen until then. */
let isEnding = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (isEnding = true));
while (!isEnding && elapsed() < minutes * 60) {
  const should = ((performance.now() - startedAt) / 1000) * rate;
  // A machine that cannot keep up gets no ever longer queue: what could not be sent is counted.
  if (should - due > rate) {
    late += Math.floor(should - due - rate / 2);
    due = should - rate / 2;
  }
  while (due < should && pool.waiting() < 64) {
    due += 1;
    const one = sendOne();
    running.add(one);
    void one.finally(() => running.delete(one));
  }
  await new Promise((resolve) => setTimeout(resolve, 4));
}
for (const timer of timers) clearInterval(timer);
await Promise.all(running);
await takeSample();
pool.close();
await server.end();
rmSync(site.root, { recursive: true });

const verdict = judgeSoak({
  seconds: elapsed(),
  rate,
  answered,
  late,
  broken,
  wrong: [...wrong].map(([what, count]) => ({ what, count })),
  admittedTwice,
  loads,
  expected: Object.fromEntries(counts),
  samples,
});
if (values.json) process.stdout.write(`${JSON.stringify(verdict)}\n`);
else process.stdout.write(`\n${verdict.lines.join('\n')}\n`);
process.exitCode = verdict.passed ? 0 : 1;
