import { cpSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { send } from '../http/socket.ts';
import { noRedis, settle, startRedis } from '../replay-store/redis-server.ts';
import { signNow } from '../tricks/honest.ts';
import { questionOf } from './questions.ts';
import { lastingFolder, loadedSite, startSidecar, type Running } from './start.ts';

describe.skipIf(noRedis !== undefined)(
  `Sidecars that share a Redis${noRedis === undefined ? '' : `: ${noRedis}`}`,
  () => {
    test('admit a proof once at all of them, and refuse all while it is away', async () => {
      const site = loadedSite();
      const second = { ...site, folder: lastingFolder() };
      cpSync(site.folder, second.folder, { recursive: true });
      await using redis = await startRedis();
      settle(redis);
      const args = ['--listen', '127.0.0.1:0', '--redis', `redis://127.0.0.1:${String(redis.port)}`];
      await using one = await startSidecar(site, args);
      await using two = await startSidecar(second, args);
      const codeAt = async ({ ports }: Running, request = signNow(site)): Promise<string> => {
        const { status, headers } = await send(ports.check, questionOf(request));
        const problem = headers.get('appwarrant-problem');
        return problem === undefined ? String(status) : (JSON.parse(problem) as { code: string }).code;
      };
      const request = signNow(site);
      expect([await codeAt(one, request), await codeAt(two, request)]).toEqual(['200', 'replayed']);
      expect([await codeAt(two), await codeAt(one)]).toEqual(['200', '200']);
      await redis.kill();
      expect([await codeAt(one), await codeAt(two)]).toEqual([
        'replay_store_unavailable',
        'replay_store_unavailable',
      ]);
    });
  },
);
