import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { activate } from '../../src/deployment-key.ts';
import { Refused, timeOf } from '../../src/formats.ts';
import { openVerifierFor, type Verifier } from '../../src/open-verifier.ts';
import {
  addEntry,
  addForCustomer,
  anchorOf,
  approve,
  bundleOf,
  createVendor,
  entryCustom,
  licenseCustom,
} from '../compose/vendor.ts';
import { makeAppKey, makeId, publish, type AppKey, type TestTarget, type Vendor } from '../compose/vendor.ts';

/** A vendor and one of its customers' servers, with a state folder on the disk. The vendor's now is this machine's. */
export type Site = {
  readonly vendor: Vendor;
  readonly customer: string;
  readonly folder: string;
  readonly origin: string;
  readonly deployment: string;
  readonly key: AppKey;
  readonly entry: TestTarget;
};

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-state-'));
  made.push(folder);
  return folder;
}

/** An activated site with an approved licence and an approved build; nothing is loaded yet. */
export function makeSite(options: Partial<Vendor> = {}, origin = 'https://erp.customer.example'): Site {
  const vendor = createVendor({ now: Math.floor(Date.now() / 1000) - 10, ...options });
  const folder = temporaryFolder();
  const deployment = activate(folder);
  const customer = makeId('c');
  const deployments = [{ id: deployment, origins: [origin] }];
  approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { deployments }))]);
  const key = makeAppKey();
  const entry = addEntry(vendor, entryCustom(vendor, key));
  approve(vendor, [entry]);
  return { vendor, customer, folder, origin, deployment, key, entry };
}

/** Publishes, one second after the last time, and packs the site's bundle. */
export function nextBundle({ vendor, customer }: Site): Uint8Array {
  vendor.now += 1;
  return bundleOf(vendor, customer, publish(vendor));
}

export function revokeBuild({ vendor, entry }: Site): void {
  vendor.revocations.push({
    subject: { kind: 'artifact', digest: entry.digest },
    through: timeOf(vendor.now),
  });
}

/** Opens the site's verifier, as a start of its server does. */
export function start({ vendor, folder, origin }: Site, lines: string[] = []): Verifier {
  const anchor = anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) });
  return openVerifierFor(anchor, { stateDir: folder, origin, log: (line) => void lines.push(line) });
}

/** Every file of a folder with its bytes, to see that a refusal changed none. */
export function contentOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name)).toString('base64')]));
}

/** The code with which every request is refused at the moment; null when a verdict depends on the request. */
export function standing(verifier: Verifier): string | null {
  try {
    verifier.check({ method: 'GET', target: '/', headers: [] });
    throw new Error('A request without a proof was admitted.');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.code === 'proof_missing' ? null : error.code;
  }
}
