// The customer of the story: installs the vendor's package from a file, activates it, loads bundles, runs a server, and now and
// then tries what an owner of a machine can try.

import { cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runToEnd, startProgram } from './process.ts';
import type { Running } from './process.ts';

/** The customer's folder, with the vendor's package installed in it. */
export interface CustomerSite {
  readonly folder: string;
  /** The licensed origin. */
  readonly origin: string;
  readonly state: string;
}

/** How a refusal by the verifier's command looks. */
export interface LoadOutcome {
  /** Null: loaded. */
  readonly code: string | null;
  readonly said: string;
}

const EXAMPLE = join(import.meta.dirname, '..', '..', 'verifier', 'example');
const NO_NETWORK = join(import.meta.dirname, 'no-network.mjs');
const CLOCK_SHIFT = join(import.meta.dirname, 'clock-shift.mjs');
const HOUR = 3600;

/** What is preloaded into the customer's programs: always the air gap, and a moved clock where the owner moves it. */
function preloads(clockHours: number): { args: string[]; env: Record<string, string> } {
  const args = ['--import', NO_NETWORK];
  if (clockHours === 0) return { args, env: {} };
  return {
    args: [...args, '--import', CLOCK_SHIFT],
    env: { CLOCK_SHIFT_SECONDS: String(clockHours * HOUR) },
  };
}

/** Installs the package from its tarball, without a registry, into a copy of the example server. */
export async function installCustomer(folder: string, tarball: string, port: number): Promise<CustomerSite> {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"name":"orders-server","private":true,"type":"module"}\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const installed = await runToEnd(
    npm,
    ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball],
    { cwd: folder },
  );
  if (installed.code !== 0) throw new Error(`npm install ${tarball}: ${installed.stderr}`);
  cpSync(join(EXAMPLE, 'orders-server.mjs'), join(folder, 'orders-server.mjs'));
  // Koa is the customer's own affair; here it is lent by this project's installation.
  const koa = dirname(createRequire(import.meta.url).resolve('koa/package.json'));
  symlinkSync(realpathSync(koa), join(folder, 'node_modules', 'koa'), 'junction');
  return { folder, origin: `http://localhost:${String(port)}`, state: join(folder, 'state') };
}

/** The vendor's command, run with the system's shell out of the way: the file that npm linked as its bin. */
export async function verifierCommand(site: CustomerSite, args: readonly string[], clockHours = 0) {
  const bin = realpathSync(join(site.folder, 'node_modules', '.bin', 'acme-verifier'));
  const { args: first, env } = preloads(clockHours);
  return runToEnd(process.execPath, [...first, bin, ...args], { cwd: site.folder, env });
}

/** Makes the deployment key; the deployment's id. */
export async function activate(site: CustomerSite): Promise<string> {
  const said = await verifierCommand(site, ['activate', '--state', site.state]);
  if (said.code !== 0) throw new Error(`activate: ${said.stderr}`);
  return said.stdout.trim();
}

/** Loads a bundle file into the state folder, as an operator does. */
export async function load(site: CustomerSite, bundle: Uint8Array, clockHours = 0): Promise<LoadOutcome> {
  const file = join(site.folder, 'incoming.bundle');
  writeFileSync(file, bundle);
  const args = ['load', file, '--state', site.state, '--origin', site.origin];
  const { code, stdout, stderr } = await verifierCommand(site, args, clockHours);
  const said = `${stderr}${stdout}`.trim();
  if (code === 0) return { code: null, said };
  return { code: /^([a-z0-9_]+): /.exec(stderr)?.[1] ?? 'unknown', said };
}

/** The same site with another state folder: a copy, so that what is tried there leaves no trace here. */
export function branch(site: CustomerSite, name: string): CustomerSite {
  const state = join(site.folder, `state-${name}`);
  cpSync(site.state, state, { recursive: true });
  return { ...site, state };
}

/** Starts the server and waits until it listens. */
export async function startServer(site: CustomerSite, clockHours = 0): Promise<Running> {
  const { args, env } = preloads(clockHours);
  const port = new URL(site.origin).port;
  const program = join(site.folder, 'orders-server.mjs');
  const running = startProgram(
    process.execPath,
    [...args, program, '--port', port, '--state', site.state, '--origin', site.origin],
    { cwd: site.folder, env },
  );
  await running.line(/orders server listens/);
  return running;
}

/** Runs `act` while the server of this site is up. Fails if anything of the customer's tried to reach a network. */
export async function atServer<T>(
  site: CustomerSite,
  act: (running: Running) => Promise<T>,
  clockHours = 0,
): Promise<T> {
  const running = await startServer(site, clockHours);
  let outcome: T;
  try {
    outcome = await act(running);
  } finally {
    await running.stop();
  }
  if (running.output().includes('AIR GAP')) throw new Error(`The server reached out:\n${running.output()}`);
  return outcome;
}

/** Installs the partner's app from its tarball into a folder of its own; the program's path. */
export async function unpackApp(folder: string, tarball: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const unpacked = await runToEnd('tar', ['-xzf', tarball, '-C', folder], { cwd: folder });
  const program = join(folder, 'package', 'harbour-orders.mjs');
  if (unpacked.code !== 0 || !existsSync(program)) throw new Error(`tar: ${unpacked.stderr}`);
  return program;
}
