// The vendor of the story: a production registry whose root and targets keys the portal never sees, and the portal itself.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerRequest, createRegistry, layTable } from './offline-keys.ts';
import type { Table } from './offline-keys.ts';
import { acceptInvitation, enrolApprover } from './people.ts';
import type { ApproverPerson, SignedIn, Site } from './people.ts';
import { runToEnd, startProgram } from './process.ts';
import type { Running } from './process.ts';
import type { LinkAnswer } from '../src/api-types.ts';

/** A running portal, with its people. */
export interface VendorPortal {
  readonly site: Site;
  readonly running: Running;
  readonly dataDir: string;
  /** The passphrase of its online keys, which a thief of the whole machine finds, too. */
  readonly passphrase: string;
  readonly table: Table;
  readonly alice: ApproverPerson;
  readonly bob: ApproverPerson;
}

const SOURCES = '--conditions=appwarrant-source';
const SERVER = join(import.meta.dirname, '..', 'src');
const PASSPHRASE = 'only in the story: battery staple';
/** A made-up host: the passkeys of the story are software, and the connection goes to this machine. */
const APPROVE_ORIGIN = 'https://approve.acme.test';

/** Holds the first ceremony, starts the portal, enrols two approvers and has the offline keys put them on the roster. */
export async function openVendor(folder: string, port: number): Promise<VendorPortal> {
  const dataDir = join(folder, 'portal');
  mkdirSync(dataDir, { mode: 0o700 });
  const passphraseFile = join(folder, 'portal-passphrase');
  writeFileSync(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
  const env = {
    APPWARRANT_DATA: dataDir,
    APPWARRANT_PASSPHRASE_FILE: passphraseFile,
    APPWARRANT_APPROVE_ORIGIN: APPROVE_ORIGIN,
    PORT: String(port),
  };
  const command = async (...args: string[]) => {
    const said = await runToEnd(process.execPath, [SOURCES, join(SERVER, 'portal.ts'), ...args], {
      cwd: folder,
      env,
    });
    if (said.code !== 0) throw new Error(`portal ${args.join(' ')}: ${said.stderr}${said.stdout}`);
  };

  const table = layTable(join(folder, 'offline'));
  const request = join(folder, 'creation-request.json');
  await command('request', '--vendor', 'Acme', '--slug', 'acme', '--out', request);
  await createRegistry(table, readFileSync(request));
  const names = readdirSync(table.repository);
  const made = (end: string) => join(table.repository, names.find((name) => name.endsWith(end)) ?? end);
  await command('init', '--root', made('1.root.json'), '--targets', made('1.targets.json'));

  const running = startProgram(process.execPath, [SOURCES, join(SERVER, 'main.ts')], { cwd: folder, env });
  const [, link = ''] = await running.line(/(http:\S+\/invitation#\S+)/);
  const site = { origin: `http://localhost:${String(port)}`, approveOrigin: APPROVE_ORIGIN };
  const first = await acceptInvitation(site, link, 'Alice Baker');
  const second = await acceptInvitation(site, await inviteAdmin(first, 'Bob Young'), 'Bob Young');
  const alice = await enrolApprover(site, first);
  const bob = await enrolApprover(site, second);
  await holdCeremony(alice, table, 'roster', '/api/v1/roster/request');
  return { site, running, dataDir, passphrase: PASSPHRASE, table, alice, bob };
}

async function inviteAdmin(admin: SignedIn, name: string): Promise<string> {
  const { link } = await admin.client.post<LinkAnswer>('/api/v1/invitations', { kind: 'admin', name });
  return link;
}

/** Takes a request file from the portal to the table, and the signed targets back. */
export async function holdCeremony(admin: SignedIn, table: Table, name: string, path: string): Promise<void> {
  const targets = await answerRequest(table, name, await admin.client.download(path));
  await admin.client.post('/api/v1/roster/import', JSON.parse(readFileSync(targets, 'utf8')));
}
