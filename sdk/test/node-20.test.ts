import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { build } from '../../.ci/build.ts';
import { installOlderNodes, olderNode } from '../../.ci/older-nodes.ts';
import type { AppKey } from '../src/index.ts';
import { problem, scriptedServer, type Received } from './scripted-server.ts';
import { checkByHand, digestField } from './signed-request.ts';

const node20 = olderNode(20);
const dist = join(import.meta.dirname, '../dist');

test('what is built makes a key, pins, signs and refuses under Node 20', async ({ skip }) => {
  const missing = installOlderNodes();
  if (missing !== undefined) skip(missing);
  await build(['sdk']);
  await using server = await scriptedServer((request) => {
    if (request.headers.signature === undefined)
      return problem('proof_missing', { deployment: 'D'.repeat(43) });
    return request.target === '/no' ? problem('revoked') : {};
  });
  const folder = await mkdtemp(join(tmpdir(), 'appwarrant-sdk-'));
  try {
    const program = `
      import { createAppWarrant, generateKey } from ${JSON.stringify(pathToFileURL(join(dist, 'index.mjs')))};
      import { fileKeyStore, filePins } from ${JSON.stringify(pathToFileURL(join(dist, 'file-key-store.mjs')))};
      const keyStore = fileKeyStore('key.json');
      const key = await generateKey({ extractable: true });
      await keyStore.save(key);
      const app = createAppWarrant({ keyStore, pins: filePins('pins.json'), origin: ${JSON.stringify(server.origin)} });
      const form = new FormData();
      form.set('a', 'ä');
      const { status } = await app.fetch('/yes', { method: 'POST', body: form, headers: { authorization: 'Bearer t' } });
      const refused = await app.fetch('/no').catch((error) => error.refusal.code);
      console.log(JSON.stringify({ status, refused, publicKeyJwk: key.publicKeyJwk, version: process.versions.node }));
    `;
    const { stdout } = await promisify(execFile)(node20, ['--input-type=module', '--eval', program], {
      cwd: folder,
    });
    const report = JSON.parse(stdout) as { version: string; status: number; refused: string } & AppKey;
    expect(report).toMatchObject({
      status: 200,
      refused: 'revoked',
      version: expect.stringMatching(/^20\./) as unknown,
    });
    const [, post] = server.received as [Received, Received];
    checkByHand(post, server.origin, report);
    expect(post.headers['content-digest']).toBe(digestField(post.body));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
