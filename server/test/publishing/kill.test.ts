import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  openBundle,
  parseJson,
  thumbprint,
  type Anchor,
  type EcJwk,
  type Floor,
  type JsonObject,
  type OpenedBundle,
} from '@appwarrant/verifier/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Build, Customer } from '../../src/api-types.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { readConfig, type Config } from '../../src/config.ts';
import type { Context } from '../../src/context.ts';
import { openDatabase, sql } from '../../src/database/database.ts';
import { openLog } from '../../src/log.ts';
import { bundleOf } from '../../src/publishing/bundle.ts';
import { bundleMembers, rootPlaces } from '../../src/publishing/bundle-members.ts';
import { readRoleBytes } from '../../src/publishing/metadata-folder.ts';
import { packBundle } from '../../src/publishing/pack-bundle.ts';
import { openPortal } from '../../src/start/open-portal.ts';
import { approve, assertionOver, makeApprover, putUp } from '../approving.ts';
import { makePartner, startTestPortal, submitBuild, type TestPortal } from '../test-portal.ts';
import type { Act } from './kill-portal.ts';

let portal: TestPortal;
let template: string;
let customer: Customer;
let approved: Build;
let waiting: Build;
let actor: string;
let act: { readonly approve: Act; readonly revoke: Act };
let anchor: Anchor;
let floor: Floor;

/** A portal with a licensed customer, one published build, and one whose approval is about to be given. */
beforeAll(async () => {
  portal = await startTestPortal();
  const ada = await makeApprover(portal, 'Ada');
  const partner = await makePartner(portal, ada.person, 'Orchid');
  const { client } = ada.person;
  const deployments = [{ id: newDeployment(), origins: ['http://shop.localhost:3000'] }];
  customer = await client.post<Customer>('/api/v1/customers', { name: 'Shop', deployments });
  await client.post(`/api/v1/customers/${customer.id}/license`, {
    fresh: 86_400,
    grace: 0,
    validForDays: 30,
  });
  await approve(portal, ada, [{ kind: 'license', customerId: customer.id }]);
  approved = await submitBuild(portal, partner);
  await approve(portal, ada, [{ kind: 'build', id: approved.id }]);
  waiting = await submitBuild(portal, partner);
  const { token, statements } = await putUp(portal, ada.person, [{ kind: 'build', id: waiting.id }]);
  actor = ada.person.id;
  act = {
    approve: { kind: 'approve', token, assertion: assertionOver(portal, ada.approval, statements) },
    revoke: { kind: 'revoke', digest: approved.digest, actor },
  };
  const { registry, environment, vendor } = portal.context.repository;
  const root = parseJson(readRoleBytes(portal.dataDir, 'root', 1), 1_000_000) as JsonObject;
  anchor = { vendor, registry, environment, root, minimum: { targets: 1, signedAt: '2020-01-01T00:00:00Z' } };
  floor = open((await bundleOf(portal.context, customer.id, portal.context.now())).bytes, null).nextFloor;

  template = mkdtempSync(join(tmpdir(), 'appwarrant-template-'));
  // Everything from the write-ahead log into the database file, so that the folder can be copied.
  await sql`pragma wal_checkpoint(truncate)`.execute(portal.context.db);
  cpSync(portal.dataDir, template, { recursive: true });
}, 120_000);
afterAll(async () => {
  await portal.close();
  rmSync(template, { recursive: true, force: true });
});

describe('a portal that is killed at any moment of writing', () => {
  test('while an approval is given and published: one allowlist or the other, and nothing acknowledged is lost', async () => {
    const moments = await killEverywhere(act.approve, {
      intact: (opened) => (isListed(opened, approved) ? null : 'the build that was there is gone'),
      done: (opened, said) => {
        const listed = isListed(opened, waiting);
        return said.includes('acknowledged') && !listed ? 'an acknowledged approval was lost' : null;
      },
    });
    expect(moments).toBeGreaterThan(20);
  }, 300_000);

  test('while something is revoked and published: one allowlist or the other, and nothing acknowledged is lost', async () => {
    const moments = await killEverywhere(act.revoke, {
      intact: () => null,
      done: (opened, said) => {
        const gone = !isListed(opened, approved);
        return said.includes('published') && !gone ? 'an acknowledged revocation was lost' : null;
      },
    });
    expect(moments).toBeGreaterThan(20);
  }, 300_000);
});

interface Rules {
  /** What is wrong with the bundle as the crash left it; null for nothing. */
  intact(opened: OpenedBundle): string | null;
  /** The same after the next start. `said` is what the killed portal had acknowledged. */
  done(opened: OpenedBundle, said: readonly string[]): string | null;
}

/** Kills at moment 1, 2, 3 … until the act ends by itself; gives how many moments there were. */
async function killEverywhere(what: Act, rules: Rules): Promise<number> {
  for (let moment = 1; ; moment += 1) {
    const dataDir = mkdtempSync(join(tmpdir(), 'appwarrant-kill-'));
    try {
      cpSync(template, dataDir, { recursive: true });
      const { said, killed } = await runAndKill(dataDir, what, moment);
      const crashed = open(await bundleAfterCrash(dataDir), floor);
      expect([moment, rules.intact(crashed)]).toEqual([moment, null]);
      const restarted = open(await bundleAfterRestart(dataDir), crashed.nextFloor);
      expect([moment, rules.done(restarted, said)]).toEqual([moment, null]);
      if (!killed) return moment - 1;
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  }
}

function runAndKill(
  dataDir: string,
  what: Act,
  moment: number,
): Promise<{ said: string[]; killed: boolean }> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const child = fork(join(import.meta.dirname, 'kill-portal.ts'), {
      execArgv: ['--conditions=appwarrant-source', '--import', join(import.meta.dirname, 'kill-preload.ts')],
      env: { ...process.env, ...environment(dataDir), KILL_AT: String(moment), ACT: JSON.stringify(what) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', (message) => {
      if (typeof message === 'string') said.push(message);
      if (message === 'open') child.send('arm');
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve({ said, killed: false });
      else if (signal === 'SIGKILL') resolve({ said, killed: true });
      else reject(new Error(`the portal ended with ${code ?? signal} after ${said.join(', ')}`));
    });
  });
}

/** What a customer would get of exactly what the crash left behind. */
async function bundleAfterCrash(dataDir: string): Promise<Buffer> {
  const db = await openDatabase(configOf(dataDir).database);
  try {
    const roles = new Map((await db.selectFrom('roles').selectAll().execute()).map((row) => [row.role, row]));
    const context = { db, dataDir } as unknown as Context;
    const roots = rootPlaces(context, roles.get('root')?.version ?? 0);
    return packBundle(
      anchor.registry,
      customer.id,
      bundleMembers(context, customer.id, 'all', { roots, roles }),
    );
  } finally {
    await db.destroy();
  }
}

async function bundleAfterRestart(dataDir: string): Promise<Buffer> {
  const again = await openPortal(configOf(dataDir), {
    now: () => Math.floor(Date.now() / 1000),
    log: openLog('silent'),
  });
  try {
    await verifyAudit(again.context.db, []);
    const reserved = await again.context.db
      .selectFrom('publications')
      .select('version')
      .where('state', '=', 'reserved')
      .execute();
    expect(reserved).toEqual([]);
    return (await bundleOf(again.context, customer.id, again.context.now())).bytes;
  } finally {
    await again.close();
  }
}

/** As the customer's server opens it: with the floor of what it had loaded before. */
function open(bytes: Buffer, held: Floor | null): OpenedBundle {
  const now = Math.floor(Date.now() / 1000);
  return openBundle(bytes, { anchor, deployment: null, held: null, floor: held, now, systemClock: now });
}

function isListed(opened: OpenedBundle, build: Build): boolean {
  return opened.judgeAll().entries.some(({ custom }) => custom.build.id === build.id);
}

function environment(dataDir: string): Record<string, string> {
  return { APPWARRANT_DATA: dataDir, PORT: String(portal.context.config.port) };
}

function configOf(dataDir: string): Config {
  return readConfig(environment(dataDir), { home: dataDir, sources: '/nowhere', readFile: () => '' });
}

function newDeployment(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return thumbprint({ crv: 'P-256', kty: 'EC', x, y } satisfies EcJwk);
}
