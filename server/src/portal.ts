// `npm run portal -- …`: what a portal's owner does beside serving it. The order for a production portal:
// `request` here, `create` in a ceremony, `init` here, then `npm start`.

import { readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { AuditBroken, verifyAudit } from './audit/verify.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import { openDatabase } from './database/database.ts';
import { openLog } from './log.ts';
import { beginRegistry } from './portal/begin-registry.ts';
import { publishedHeads } from './portal/published-heads.ts';
import { requestRegistry } from './portal/request-registry.ts';
import { Problem } from './problem.ts';
import { publishOrThrow } from './publishing/publish.ts';
import { explainFailure } from './start/explain-failure.ts';
import { openPortal } from './start/open-portal.ts';

const USAGE = `Say what to do.
  npm run portal -- request --vendor NAME --slug SHORT-NAME [--out FILE] [--entry N] [--licence N] [--grant N]
  npm run portal -- init --root FILE [--root FILE …] --targets FILE
  npm run portal -- import [--root FILE …] [--targets FILE]
  npm run portal -- publish
  npm run portal -- audit
`;

const now = () => Math.floor(Date.now() / 1000);

const VERBS: ReadonlyMap<string, (config: Config, args: string[]) => Promise<string>> = new Map([
  ['request', request],
  ['init', init],
  ['import', importFiles],
  ['publish', publishNow],
  ['audit', audit],
]);

try {
  const [verb = '', ...args] = process.argv.slice(2);
  const run = VERBS.get(verb);
  if (run === undefined) throw new ConfigError(USAGE);
  const config = readConfig(process.env, {
    home: homedir(),
    sources: join(import.meta.dirname, '../..'),
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  process.stdout.write(await run(config, args));
} catch (error) {
  const expected = error instanceof Problem || error instanceof AuditBroken || isUsageError(error);
  process.stderr.write(`${expected ? error.message : explainFailure(error)}\n`);
  process.exitCode = 1;
}

/** Makes the online keys, and the request file for the ceremony that creates the registry. */
async function request(config: Config, args: string[]): Promise<string> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { vendor: text, slug: text, out: text, entry: text, licence: text, grant: text },
  });
  const thresholds = {
    entry: people('entry', values.entry, 2),
    licence: people('licence', values.licence, 1),
    grant: people('grant', values.grant, 2),
  };
  const vendor = { name: values.vendor ?? '', slug: values.slug ?? '' };
  const { file, digest } = await requestRegistry(config, { vendor, thresholds, now: now() });
  const out = values.out ?? 'creation-request.json';
  writeFileSync(out, file);
  return `Wrote ${out}. Its digest is ${digest}.\nTake it to the ceremony: npm run ceremony -- create ${out} …\n`;
}

/** Takes what the ceremony signed, fixes the registry, and publishes for the first time. */
async function init(config: Config, args: string[]): Promise<string> {
  const files = readFiles(args);
  if (files.roots.length === 0 || files.targets === null) throw new ConfigError(USAGE);
  const registry = await beginRegistry(config, { roots: files.roots, targets: files.targets }, now());
  const portal = await openPortal(config, { now, log: openLog('warn') });
  try {
    const begun = await portal.context.db.selectFrom('roles').select('role').limit(1).executeTakeFirst();
    if (begun === undefined)
      await publishOrThrow(portal.context, { cause: 'start', actor: null, offline: files });
  } finally {
    await portal.close();
  }
  return `The registry is ${registry}.\nStart the portal: npm start\n`;
}

/** Takes newer roots or targets that the offline keys signed, and publishes them. */
async function importFiles(config: Config, args: string[]): Promise<string> {
  const offline = readFiles(args);
  if (offline.roots.length === 0 && offline.targets === null) throw new ConfigError(USAGE);
  return withPortal(config, async ({ context }) => {
    const { version, roles } = await publishOrThrow(context, { cause: 'roster', actor: null, offline });
    return `Published version ${version}: ${roles.join(', ')}.\n`;
  });
}

async function publishNow(config: Config, args: string[]): Promise<string> {
  parseArgs({ args, options: {} });
  return withPortal(config, async ({ context }) => {
    const { version, signedAt } = await publishOrThrow(context, { cause: 'by hand', actor: null });
    return `Published version ${version}, signed at ${signedAt}.\n`;
  });
}

/** Verifies the whole audit trail, also against what published timestamps say of it. */
async function audit(config: Config, args: string[]): Promise<string> {
  parseArgs({ args, options: {} });
  const db = await openDatabase(config.database);
  try {
    const heads = await publishedHeads(db, config.dataDir);
    const verdict = await verifyAudit(db, heads);
    return `The audit trail is whole: ${verdict.acts} acts, ${heads.length} published heads in it, newest ${verdict.head}.\n`;
  } finally {
    await db.destroy();
  }
}

async function withPortal(
  config: Config,
  work: (portal: Awaited<ReturnType<typeof openPortal>>) => Promise<string>,
): Promise<string> {
  const portal = await openPortal(config, { now, log: openLog('warn') });
  try {
    return await work(portal);
  } finally {
    await portal.close();
  }
}

function readFiles(args: string[]) {
  const { values } = parseArgs({
    args,
    options: { root: { type: 'string', multiple: true }, targets: { type: 'string' } },
  });
  return {
    roots: (values.root ?? []).map(readFile),
    targets: values.targets === undefined ? null : readFile(values.targets),
  };
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError(`${path} cannot be read.`, { cause: error });
  }
}

function people(kind: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^[1-9][0-9]?$/.test(text)) throw new ConfigError(`--${kind} is a number of people.`);
  return Number(text);
}

/** What parseArgs throws for an option that it does not know. */
function isUsageError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('ERR_PARSE_ARGS');
}
