import { fork, type ChildProcess } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { newNonce } from '../http/sign.ts';
import { makeSite, nextBundle, start, temporaryFolder, type Site } from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';
import { signNow } from '../tricks/honest.ts';
import { noRedis, settle, startRedis } from './redis-server.ts';

// Processes that are killed in the middle of their work, again and again, while proofs come to all of them: to those that were there when a
// proof was new, and to those that came after.

type Said = { readonly said: string; readonly challenge?: string };

/** A node that is started again as soon as it is killed. */
function keepAlive(program: string, { folder, origin }: Site, redis: string) {
  let child: ChildProcess | undefined;
  let isReady = false;
  let last = 0;
  let isOver = false;
  const waiting = new Map<number, (said: Said) => void>();
  const begin = (): void => {
    const born = fork(join(import.meta.dirname, 'node-process.ts'), [program, folder, origin, redis], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    child = born;
    born.on('message', ({ number, ...said }: Said & { number: number }) => {
      if (number === 0) isReady = true;
      waiting.get(number)?.(said);
      waiting.delete(number);
    });
    born.on('error', () => undefined);
    born.on('exit', () => {
      isReady = false;
      for (const answer of waiting.values()) answer({ said: 'died' });
      waiting.clear();
      if (!isOver) begin();
    });
  };
  begin();
  return {
    ask: (request: RequestToCheck): Promise<Said> =>
      new Promise((resolve) => {
        if (!isReady || child?.connected !== true) {
          resolve({ said: 'away' });
          return;
        }
        last += 1;
        waiting.set(last, resolve);
        child.send({ number: last, request });
      }),
    isReady: async (): Promise<void> => {
      while (!isReady) await wait(10);
    },
    kill: (): void => void child?.kill('SIGKILL'),
    end: async (): Promise<void> => {
      isOver = true;
      const ended = new Promise((resolve) => child?.once('exit', resolve));
      child?.kill('SIGKILL');
      await ended;
    },
  };
}

async function hammerWhileKilling(site: Site, folders: readonly string[], redis: string): Promise<number> {
  const program = makePackage(site.vendor);
  const nodes = folders.map((folder) => keepAlive(program, { ...site, folder }, redis));
  const admitted = new Map<RequestToCheck, number>();
  const present = async (request: RequestToCheck): Promise<Said[]> => {
    const heard = await Promise.all(nodes.flatMap((node) => [node.ask(request), node.ask(request)]));
    const times = heard.filter(({ said }) => said === 'app').length;
    admitted.set(request, (admitted.get(request) ?? 0) + times);
    return heard;
  };
  try {
    await Promise.all(nodes.map((node) => node.isReady()));
    let kills = 0;
    for (let round = 0; kills < 6; round += 1) {
      const fresh = signNow(site);
      const heard = await present(fresh);
      const challenge = heard.find((each) => each.challenge !== undefined)?.challenge;
      if (challenge !== undefined) await present(signNow(site, { nonce: `${challenge}.${newNonce()}` }));
      // The old ones come again and again, to whoever lives now.
      const old = [...admitted.keys()];
      await Promise.all(Array.from({ length: 10 }, (_, i) => present(old[(round * 10 + i) % old.length]!)));
      const victim = nodes[kills % nodes.length];
      if (round % 12 === 11 && victim !== undefined) {
        await victim.isReady();
        // While it judges.
        const last = present(signNow(site));
        victim.kill();
        await last;
        kills += 1;
      }
    }
    await Promise.all(nodes.map((node) => node.isReady()));
    await Promise.all([...admitted.keys()].map(present));
  } finally {
    await Promise.all(nodes.map((node) => node.end()));
  }
  expect(Math.max(...admitted.values())).toBe(1);
  return [...admitted.values()].filter((times) => times === 1).length;
}

function loaded(site: Site, folders: readonly string[]): void {
  const bundle = nextBundle(site);
  for (const folder of folders) {
    if (folder !== site.folder)
      copyFileSync(join(site.folder, 'deployment-key.pem'), join(folder, 'deployment-key.pem'));
    start({ ...site, folder }).load(bundle);
  }
}

describe('Of processes that are killed under load, nobody admits what another has', () => {
  test('one by itself, which begins anew each time', async () => {
    const site = makeSite();
    loaded(site, [site.folder]);
    expect(await hammerWhileKilling(site, [site.folder], '')).toBeGreaterThan(3);
  }, 60_000);

  test.skipIf(noRedis !== undefined)(
    'two nodes over one Redis, each over a folder of its own',
    async () => {
      await using server = await startRedis();
      settle(server);
      const site = makeSite();
      const folders = [site.folder, temporaryFolder()];
      loaded(site, folders);
      expect(await hammerWhileKilling(site, folders, `unix:${server.socket}`)).toBeGreaterThan(3);
    },
    60_000,
  );

  test.skipIf(noRedis !== undefined)(
    'two processes over one Redis and one folder',
    async () => {
      await using server = await startRedis();
      settle(server);
      const site = makeSite();
      loaded(site, [site.folder]);
      expect(
        await hammerWhileKilling(site, [site.folder, site.folder], `unix:${server.socket}`),
      ).toBeGreaterThan(3);
    },
    60_000,
  );
});
