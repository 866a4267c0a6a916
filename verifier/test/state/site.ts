import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { Refused, timeOf } from '../../src/formats.ts';
import { openVerifierFor, type Verifier } from '../../src/open-verifier.ts';
import { activateSite, type Site } from '../compose/activated-site.ts';
import { anchorOf, bundleOf, publish, type Vendor } from '../compose/vendor.ts';

export type { Site } from '../compose/activated-site.ts';

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
  return activateSite(temporaryFolder(), options, origin);
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
