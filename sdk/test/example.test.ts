import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parsePublicKey, thumbprint } from '@appwarrant/verifier/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packExample } from '../example/pack.ts';
import { problem, scriptedServer, type Received } from './scripted-server.ts';
import { checkByHand } from './signed-request.ts';
import type { AppKey } from '../src/index.ts';

const deployment = 'D'.repeat(43);
const run = promisify(execFile);
let folder = '';
let script = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appwarrant-example-'));
  const tarball = await packExample(folder);
  await run('tar', ['xzf', tarball, '-C', folder]);
  script = join(folder, 'package', 'harbour-orders.mjs');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the unpacked app; nothing but its one file, its settings and Node is there. */
async function app(env: Record<string, string>, ...args: string[]) {
  try {
    const { stdout } = await run(process.execPath, [script, ...args], { cwd: folder, env });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

describe('the example app, unpacked from its tarball', () => {
  test('lies there alone: the sdk is inside', () => {
    expect(existsSync(script)).toBe(true);
    expect(existsSync(join(folder, 'package', 'node_modules'))).toBe(false);
  });

  test('makes its key once, proves it, and lists and posts orders with it', async () => {
    await using server = await scriptedServer((request) => {
      if (request.headers.signature === undefined) return problem('proof_missing', { deployment });
      return { body: request.method === 'GET' ? '[]' : request.body };
    });
    const env = {
      ORDERS_SERVER: server.origin,
      ORDERS_KEY_FILE: join(folder, 'key.json'),
      ORDERS_TOKEN: 'secret',
    };
    const made = await app(env, 'key');
    expect(await app(env, 'key')).toEqual(made);
    const publicKeyJwk = parsePublicKey(JSON.parse(made.stdout));
    const proof = await app(env, 'key-proof', '--registry', 'r', '--partner', 'p', '--app', 'a');
    expect(JSON.parse(proof.stdout)).toMatchObject({ key: publicKeyJwk });

    expect(await app(env, 'list')).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
    const posted = await app(env, 'post', 'rope', '--quantity', '3');
    expect(JSON.parse(posted.stdout)).toEqual({ item: 'rope', quantity: 3 });

    const [bare, list, post, ...more] = server.received as [Received, Received, Received];
    expect(more).toEqual([]);
    expect(bare.headers.authorization).toBeUndefined();
    for (const request of [list, post]) {
      const { keyid, names } = checkByHand(request, server.origin, { publicKeyJwk } as AppKey);
      expect(keyid).toBe(thumbprint(publicKeyJwk));
      expect(names).toContain('authorization-digest');
    }
  });

  test('says first, and in its exit code, why it was refused', async () => {
    await using server = await scriptedServer(() => problem('app_not_approved', { deployment }));
    const env = {
      ORDERS_SERVER: server.origin,
      ORDERS_DEPLOYMENT: deployment,
      ORDERS_KEY_FILE: join(folder, 'other.json'),
    };
    const without = await app(env, 'list');
    expect(without.code).toBe(3);
    expect(without.stderr).toMatch(/^key_missing: /);
    await app(env, 'key');
    const refused = await app(env, 'list');
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/^app_not_approved: /);
  });

  test('explains itself when it is called wrongly', async () => {
    expect(await app({})).toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') as unknown });
  });
});
