import { expect, test } from 'vitest';
import { readBundle } from '../../src/bundle.ts';
import type { AppAdmission } from '../../src/http/admission.ts';
import { createMetrics } from '../../src/metrics.ts';
import { rememberRecent } from '../../src/sidecar/status/recent.ts';
import { openVerifierFor } from '../../src/open-verifier.ts';
import type { Verdict } from '../../src/verdict.ts';
import {
  addEntry,
  anchorOf,
  approve,
  entryCustom,
  makeAppKey,
  makeDigest,
  makeId,
  type AppKey,
} from '../compose/vendor.ts';
import { bytesInUse } from '../bytes-in-use.ts';
import { refusal } from '../compose/story.ts';
import { signRequest } from '../http/sign.ts';
import { makeSite, nextBundle, revokeBuild } from './site.ts';

// The engine keeps a part of a text as a view of the whole: one name that is kept would keep its file, once for each bundle that is loaded.
test('What is kept beyond a bundle keeps none of its files: floor, memory of signatures, metrics, and admissions that a host keeps', () => {
  const site = makeSite();
  const { vendor, folder: stateDir, origin, deployment } = site;
  const now = (): number => Math.floor(Date.now() / 1000);
  const recent = rememberRecent(now);
  const verdicts: Verdict[] = [];
  const metrics = createMetrics(() => verifier.status());
  const verifier = openVerifierFor(anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) }), {
    stateDir,
    origin,
    log: () => undefined,
    onVerdict: (verdict) => {
      metrics.onVerdict(verdict);
      recent.note(verdict);
      verdicts.push(verdict);
    },
  });
  // Large files: a partner with many builds, and a registry with many revocations.
  const partner = { id: makeId('p'), name: 'A partner with many builds' };
  const buildOf = (key: AppKey, id: string) =>
    addEntry(vendor, entryCustom(vendor, key, { partner, app: { id, name: `The app named ${id}` } }));
  const shared = makeAppKey();
  approve(
    vendor,
    Array.from({ length: 150 }, () => buildOf(shared, 'orders')),
  );
  for (let i = 0; i < 2_000; i += 1)
    vendor.revocations.push({
      subject: { kind: 'artifact', digest: makeDigest() },
      through: '2026-01-01T00:00:00Z',
    });

  const kept: Omit<AppAdmission, 'receipt'>[] = [];
  let size = 0;
  const loadAnother = (id: number): void => {
    const [key, guest] = [makeAppKey(), makeAppKey()];
    const entry = buildOf(key, `app-number-${String(id)}`);
    const leaving = buildOf(guest, `leaving-app-number-${String(id)}`);
    const ofNewPartner = addEntry(vendor, entryCustom(vendor, makeAppKey()));
    approve(vendor, [entry, leaving, ofNewPartner]);
    revokeBuild({ ...site, entry: leaving });
    const bundle = nextBundle(site);
    vendor.targets = vendor.targets.filter((target) => target !== leaving && target !== ofNewPartner);
    verifier.load(bundle);
    size = readBundle(bundle).index.files.reduce((sum, { length }) => sum + length, 0);
    const admission = verifier.check(signRequest({ key, origin, deployment, created: now() }));
    if (admission.kind !== 'app') throw new Error(`Admitted as ${admission.kind}.`);
    const { receipt: _, ...rest } = admission;
    kept.push(rest);
    refusal('revoked', () => verifier.check(signRequest({ key: guest, origin, deployment, created: now() })));
  };

  for (let id = 0; id < 5; id += 1) loadAnother(id);
  const before = bytesInUse();
  for (let id = 5; id < 17; id += 1) loadAnother(id);
  const grown = bytesInUse() - before;

  expect(kept.map(({ app }) => app.name)).toHaveLength(17);
  expect(recent.refusals()).not.toHaveLength(0);
  expect(size).toBeGreaterThan(500_000);
  // What the site itself holds of twelve more builds is half of this; twelve of any of a bundle's large files would be far more.
  expect(grown).toBeLessThan(1_500_000);
});
