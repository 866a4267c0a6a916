import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorOf, type Vendor } from '../compose/vendor.ts';
import { temporaryFolder } from './site.ts';

const source = join(import.meta.dirname, '..', '..');

/** The verifier as a vendor's customers have it, but run from its sources: name and anchor are the vendor's. Gives its folder. */
export function makePackage(vendor: Vendor): string {
  const folder = temporaryFolder();
  cpSync(join(source, 'src'), join(folder, 'src'), { recursive: true });
  makeItTheVendors(folder, vendor, 'src/cli.ts');
  return folder;
}

/** What the portal changes in a verifier package: the name, the program's name, the anchor. */
export function makeItTheVendors(folder: string, vendor: Vendor, program: string): void {
  const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as object;
  const own = { ...manifest, name: 'acme-verifier', bin: { 'acme-verifier': program } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
  const anchor = anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) });
  writeFileSync(join(folder, 'anchor.json'), JSON.stringify({ type: 'appwarrant/anchor/1', anchor }));
}

/** Runs the package's program; `preload` is loaded before it, as an owner of the machine can. */
export function runProgram(
  folder: string,
  args: readonly string[],
  preload?: string,
  env: Record<string, string> = {},
): SpawnSyncReturns<string> {
  const options = preload === undefined ? [] : ['--import', preload];
  return spawnSync(process.execPath, [...options, join(folder, 'src', 'cli.ts'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
}
