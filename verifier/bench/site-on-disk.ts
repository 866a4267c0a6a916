import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activateSite } from '../test/compose/activated-site.ts';
import { anchorOf, bundleOf, publish } from '../test/compose/vendor.ts';

/** A vendor and a customer's server with a state folder on the disk, as the tests have one; `remove` takes it away again. */
export type SiteOnDisk = ReturnType<typeof makeSiteOnDisk>;

/** Makes one under this origin, whose app signs with `key`. */
export function makeSiteOnDisk(origin = 'https://erp.customer.example') {
  const root = mkdtempSync(join(tmpdir(), 'appwarrant-site-'));
  const site = activateSite(join(root, 'state'), {}, origin);
  const { vendor, customer } = site;
  return {
    ...site,
    root,
    anchor: () => anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) }),
    /** Publishes now, and packs the customer's bundle. */
    bundle: (): Uint8Array => {
      vendor.now = Math.max(vendor.now + 1, Math.floor(Date.now() / 1000) - 5);
      return bundleOf(vendor, customer, publish(vendor));
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The verifier as this vendor's customers have it, run from its sources. Gives the file of its program. */
export function installPackage({ root, anchor }: SiteOnDisk): string {
  const source = join(import.meta.dirname, '..');
  const folder = join(root, 'package');
  cpSync(join(source, 'src'), join(folder, 'src'), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as object;
  const own = { ...manifest, name: 'acme-verifier', bin: { 'acme-verifier': 'src/cli.ts' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
  writeFileSync(
    join(folder, 'anchor.json'),
    JSON.stringify({ type: 'appwarrant/anchor/1', anchor: anchor() }),
  );
  return join(folder, 'src', 'cli.ts');
}
