import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { createSharedReplay, type SharedReplay } from '../../src/replay-store/threads.ts';
import { makeSite, nextBundle, temporaryFolder, type Site } from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';
import { signNow } from '../tricks/honest.ts';

type Thread = {
  readonly tell: (order: { load: string } | { check: RequestToCheck }) => Promise<unknown>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

async function startThread(site: Site, packageFolder: string, shared: SharedReplay): Promise<Thread> {
  const { folder: state, origin } = site;
  const worker = new Worker(join(import.meta.dirname, 'thread.ts'), {
    workerData: { packageFolder, state, origin, shared },
  });
  const waiting = new Map<number, (said: unknown) => void>();
  let last = 0;
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  worker.on('message', ({ number, said }: { number: number; said: unknown }) => {
    waiting.get(number)?.(said);
    waiting.delete(number);
  });
  return {
    tell: (order) =>
      new Promise((resolve) => {
        last += 1;
        waiting.set(last, resolve);
        worker.postMessage({ number: last, order });
      }),
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
}

test('Threads with a verifier each follow the one that loads, and no proof that comes to all of them is admitted twice', async () => {
  const site = makeSite();
  const program = makePackage(site.vendor);
  const shared = createSharedReplay({ requestsPerSecond: 100 });
  await using stack = new AsyncDisposableStack();
  const threads: Thread[] = [];
  for (let i = 0; i < 3; i += 1) threads.push(stack.use(await startThread(site, program, shared)));
  const file = join(temporaryFolder(), 'bundle');
  writeFileSync(file, nextBundle(site));
  expect(await threads[0]?.tell({ load: file })).toBe(1);
  for (const thread of threads) {
    for (let tries = 0; (await thread.tell({ check: signNow(site) })) !== 'app'; tries += 1) {
      expect(tries).toBeLessThan(50);
      await wait(100);
    }
  }
  let served = 0;
  for (let round = 0; round < 40; round += 1) {
    const request = signNow(site);
    const said = await Promise.all(
      threads.flatMap((thread) => [0, 1, 2].map(() => thread.tell({ check: request }))),
    );
    const admitted = said.filter((each) => each === 'app').length;
    expect(admitted).toBeLessThanOrEqual(1);
    expect(new Set(said)).toContain('replayed');
    served += admitted;
  }
  // Where two threads took it within one and the same microsecond, it is used up and nobody has it.
  expect(served).toBeGreaterThan(30);

  // One that ends, and one that takes its place: it knows what the others have admitted.
  const request = signNow(site);
  expect(await threads[0]?.tell({ check: request })).toBe('app');
  await threads[0]?.[Symbol.asyncDispose]();
  const next = stack.use(await startThread(site, program, shared));
  expect(await next.tell({ check: request })).toBe('proof_before_start');
  expect(await threads[1]?.tell({ check: request })).toBe('replayed');
}, 60_000);
