import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { send } from '../http/socket.ts';
import { makeAuthority, type Authority } from '../replay-store/certificates.ts';
import { blocksOf, readPage } from '../install/page.ts';
import { noRedis, settle, startRedis } from '../replay-store/redis-server.ts';
import { signNow } from '../tricks/honest.ts';
import { questionOf } from './questions.ts';
import { freePort } from './real-proxies.ts';
import { lastingFolder, loadedSite, startSidecar, type Running } from './start.ts';

describe.skipIf(noRedis !== undefined)(
  `Sidecars that share a Redis${noRedis === undefined ? '' : `: ${noRedis}`}`,
  () => {
    const codeAt = async ({ ports }: Running, request: RequestToCheck): Promise<string> => {
      const { status, headers } = await send(ports.check, questionOf(request));
      const problem = headers.get('appwarrant-problem');
      return problem === undefined ? String(status) : (JSON.parse(problem) as { code: string }).code;
    };

    test('admit a proof once at all of them, and refuse all while it is away', async () => {
      const site = loadedSite();
      const second = { ...site, folder: lastingFolder() };
      cpSync(site.folder, second.folder, { recursive: true });
      await using redis = await startRedis();
      settle(redis);
      const args = [
        ...['--listen', '127.0.0.1:0', '--status', '127.0.0.1:0'],
        ...['--redis', `redis://127.0.0.1:${String(redis.port)}`],
      ];
      const ready = async ({ ports }: Running): Promise<string> =>
        (await send(ports.status, { method: 'GET', target: '/readyz', headers: [['Host', 'localhost']] }))
          .body;
      await using one = await startSidecar(site, args);
      await using two = await startSidecar(second, args);
      const request = signNow(site);
      expect([await codeAt(one, request), await codeAt(two, request)]).toEqual(['200', 'replayed']);
      expect([await codeAt(two, signNow(site)), await codeAt(one, signNow(site))]).toEqual(['200', '200']);
      expect(await ready(one)).toBe('ok\n');
      await redis.kill();
      while ((await ready(one)) === 'ok\n') await wait(20);
      expect(await ready(one)).toBe('replay_store_unavailable\n');
      await using late = await startSidecar({ ...site, folder: lastingFolder(site.folder) }, args);
      expect((await late.line('ready')).problem).toBe('replay_store_unavailable');
      expect([await codeAt(one, signNow(site)), await codeAt(two, signNow(site))]).toEqual([
        'replay_store_unavailable',
        'replay_store_unavailable',
      ]);
    });

    test('reach it by TLS with a certificate and a password of their own, and tell another server nothing', async () => {
      const site = loadedSite();
      const folder = lastingFolder();
      const [right, wrong] = ['right', 'wrong'].map((name) => makeAuthority(folder, name)) as [
        Authority,
        Authority,
      ];
      const server = right.issue('server', 'IP:127.0.0.1');
      const node = right.issue('node', 'DNS:node.example');
      const port = String(await freePort());
      writeFileSync(join(folder, 'password'), 'open sesame\n');
      await using redis = await startRedis(
        ...['--tls-port', port, '--tls-cert-file', server.cert, '--tls-key-file', server.key],
        ...['--tls-ca-cert-file', right.ca],
      );
      settle(redis);
      // The user and the command of the page, as they stand there.
      const page = readPage('nodes.md');
      const rule = /`ACL (SETUSER [^`]*)`/.exec(page)?.[1]?.split(' ') ?? [];
      expect(redis.cli('ACL', ...rule.map((word) => word.replace('>…', '>open sesame')))).toBe('OK');
      const command = blocksOf(page).find(({ about }) => about === 'redis')?.text ?? '';
      const args = (host: string, ca: string, ...more: string[]): readonly string[] => {
        const own: Readonly<Record<string, string>> = {
          '--listen': '127.0.0.1:0',
          '--redis': `rediss://verifier@${host}:${port}`,
          '--redis-password-file': join(folder, 'password'),
          '--redis-ca': ca,
        };
        const given = [...command.matchAll(/(--[a-z-]+) (?!-)\S+/g)].map(([, option = '']) => option);
        expect(given).toEqual(['--state', '--origin', ...Object.keys(own)]);
        return [...Object.entries(own).flat(), ...more];
      };
      const own = ['--redis-cert', node.cert, '--redis-key', node.key];
      const answers: Record<string, string> = {};
      for (const [who, given] of Object.entries({
        'all in order': args('127.0.0.1', right.ca, ...own),
        'an authority that is not trusted': args('127.0.0.1', wrong.ca, ...own),
        'another name': args('localhost', right.ca, ...own),
        'no certificate of its own': args('127.0.0.1', right.ca),
      })) {
        await using sidecar = await startSidecar({ ...site, folder: lastingFolder(site.folder) }, given);
        const { says } = await sidecar.line('redis');
        const request = signNow(site);
        expect(says).toMatch(who === 'all in order' ? 'Redis is connected.' : /certificate|altnames|alert/);
        answers[who] = await codeAt(sidecar, request);
        if (answers[who] === '200') expect(await codeAt(sidecar, request)).toBe('replayed');
        expect(JSON.stringify(sidecar.lines)).not.toContain('sesame');
      }
      expect(answers).toEqual({
        'all in order': '200',
        'an authority that is not trusted': 'replay_store_unavailable',
        'another name': 'replay_store_unavailable',
        'no certificate of its own': 'replay_store_unavailable',
      });
    });
  },
);
