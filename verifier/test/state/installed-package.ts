import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Vendor } from '../compose/vendor.ts';
import { makeItTheVendors } from './vendor-package.ts';

const source = join(import.meta.dirname, '../..');

/**
 * Installs the built verifier in a folder, as a customer has it: the files that npm packs and no others, under the vendor's name and
 * with the vendor's anchor. Gives the path of its program.
 */
export function installPacked(vendor: Vendor, folder: string): string {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'];
  const { stdout } = spawnSync('npm', args, { cwd: source, encoding: 'utf8' });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const installed = join(folder, 'node_modules', 'acme-verifier');
  for (const { path } of files) {
    mkdirSync(dirname(join(installed, path)), { recursive: true });
    cpSync(join(source, path), join(installed, path));
  }
  const program = 'dist/cli.mjs';
  makeItTheVendors(installed, vendor, program);
  return join(installed, program);
}
