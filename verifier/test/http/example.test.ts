import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../../.ci/build.ts';
import { send } from './socket.ts';

const verifier = join(import.meta.dirname, '../..');

describe('the example server', () => {
  let folder: string;
  beforeAll(async () => {
    await build(['verifier']);
    // Installed under the name that the example knows, as the built package; its Koa is this project's.
    folder = mkdtempSync(join(tmpdir(), 'appwarrant-example-'));
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    cpSync(join(verifier, 'example'), folder, { recursive: true });
    symlinkSync(verifier, join(modules, 'acme-verifier'), 'junction');
    symlinkSync(
      dirname(createRequire(import.meta.url).resolve('koa/package.json')),
      join(modules, 'koa'),
      'junction',
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs with the built package, explains its refusals, and ends on a signal', async () => {
    const args = ['orders-server.mjs', '--port', '0', '--state', join(folder, 'state')];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: {},
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      const port = await portOf(child);
      const get = (target: string) => send(port, { method: 'GET', target, headers: [] });
      expect(await get('/healthz')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
      const refused = await get('/orders');
      expect(JSON.parse(refused.body)).toMatchObject({ status: 503, code: 'no_trust_anchor' });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const port = /listens on port (\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('exit', () => reject(new Error(`The server ended: ${text}`)));
  });
}
