// What the ceremony's tests sit at: folders that stand for machines, and the real command.

import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint, parsePublicKey, thumbprint } from '@appwarrant/verifier/formats';
import type { Approver, ApproverStatus, JsonValue, Roster } from '@appwarrant/verifier/formats';
import { DEFAULT_CEILINGS } from '../src/development.ts';
import { composeRequest } from '../src/request.ts';
import type { CeremonyRequest, Change, CreationRequest } from '../src/request.ts';
import { ed25519Key } from '../src/signer.ts';
import type { TufKey } from '../src/signer.ts';

const COMMAND = join(import.meta.dirname, '..', 'src', 'ceremony-command.ts');

export type Said = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** A folder of its own, removed with `leave`. */
export function enter(): { readonly folder: string; readonly leave: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-ceremony-'));
  return { folder, leave: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs the ceremony in a folder, with nobody at a terminal. */
export function ceremony(cwd: string, ...args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    const line = ['--conditions=appwarrant-source', COMMAND, ...args];
    const child = execFile(process.execPath, line, { cwd }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** The fingerprint that follows a line that contains this text. */
export function heard(stdout: string, text: string): string {
  const lines = stdout.split('\n');
  const at = lines.findIndex((line) => line.includes(text));
  const next = lines[at + 1]?.trim() ?? '';
  if (at === -1 || !/^(?:[0-9a-f]{4} ){15}[0-9a-f]{4}$/.test(next))
    throw new Error(`Nobody said "${text}":\n${stdout}`);
  return next;
}

/** Every fingerprint that stands alone on a line, as arguments of the command. */
export function allHeard(stdout: string): readonly string[] {
  const alone = stdout.match(/^ {4}(?:[0-9a-f]{4} ){15}[0-9a-f]{4}$/gm) ?? [];
  return alone.flatMap((line) => ['--confirm', line.trim()]);
}

/** Writes a file that only its owner can read. */
export function secretFile(path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

export function freshKey(): TufKey {
  const { publicKey } = generateKeyPairSync('ed25519');
  return ed25519Key(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32));
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';

/** Somebody with one approval passkey. */
export function approver(
  letter: string,
  name: string,
  status: ApproverStatus = { kind: 'active' },
): Approver {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const key = parsePublicKey({ crv, kty, x, y } as JsonValue);
  const id = Buffer.from(`credential of ${name}`).toString('base64url');
  if (!ALPHABET.includes(letter)) throw new Error('a letter');
  return { id: `u-${letter.repeat(26)}`, name, status, keys: [{ id, alg: 'ES256', key }] };
}

export function fingerprintOf(person: Approver): string {
  return fingerprint(thumbprint(person.keys[0]!.key));
}

export const MADE = '2026-11-01T12:00:00Z';

export const SITE = { rpId: 'approve.acme.test', origins: ['https://approve.acme.test'] };

export function rosterOf(...approvers: readonly Approver[]): Roster {
  return { ...SITE, thresholds: { entry: 2, licence: 1, grant: 2 }, approvers };
}

export function creation(change: Partial<CreationRequest> = {}): CreationRequest {
  return {
    type: 'appwarrant/creation-request/1',
    environment: 'production',
    made: MADE,
    vendor: 'Acme',
    keys: { registry: freshKey(), snapshot: freshKey(), timestamp: freshKey() },
    ...SITE,
    thresholds: { entry: 2, licence: 1, grant: 2 },
    ceilings: DEFAULT_CEILINGS,
    ...change,
  };
}

export function requestFor(
  registry: string,
  change: Change,
  more: Partial<CeremonyRequest> = {},
): CeremonyRequest {
  return {
    type: 'appwarrant/ceremony-request/1',
    registry,
    environment: 'production',
    made: MADE,
    base: { root: 1, targets: 1 },
    revocations: [],
    change,
    ...more,
  };
}

export function writeRequest(path: string, request: CeremonyRequest | CreationRequest): string {
  writeFileSync(path, composeRequest(request));
  return path;
}

/** Bytes of all files of a folder, by name: what a refused act must not have changed. */
export function contents(folder: string): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );
}

export function machine(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  return path;
}
