import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { clusterReplayStore, serveReplay, type WorkerProcess } from '../../src/replay-store/cluster.ts';
import { makeSite, nextBundle, temporaryFolder, type Site } from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';
import { signNow } from '../tricks/honest.ts';
import type { Told } from './cluster-server.ts';

type Server = {
  readonly tell: (worker: number, order: Told['order']) => Promise<unknown>;
  /** What cannot be answered. */
  readonly order: (worker: number, order: Told['order']) => void;
  readonly isReady: (workers: number) => Promise<void>;
  readonly primary: ChildProcess;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

function startServer(site: Site, program: string, workers: number): Server {
  const args = [program, site.folder, site.origin, String(workers)];
  const primary = fork(join(import.meta.dirname, 'cluster-server.ts'), args, {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const waiting = new Map<number, (said: unknown) => void>();
  let [last, ready] = [0, 0];
  primary.on('message', ({ number, said }: { number: number; said: unknown }) => {
    if (number === 0) ready += 1;
    waiting.get(number)?.(said);
    waiting.delete(number);
  });
  return {
    primary,
    order: (worker, order) => void primary.send({ number: -1, worker, order }),
    tell: (worker, order) =>
      new Promise((resolve) => {
        last += 1;
        waiting.set(last, resolve);
        primary.send({ number: last, worker, order });
      }),
    isReady: async (count) => {
      while (ready < count) await wait(20);
    },
    [Symbol.asyncDispose]: async () => {
      if (primary.exitCode !== null || primary.signalCode !== null) return;
      const ended = once(primary, 'exit');
      primary.kill('SIGKILL');
      await ended;
    },
  };
}

test('Workers of a cluster follow the one that loads, and no proof that comes to all of them is admitted twice', async () => {
  const site = makeSite();
  const program = makePackage(site.vendor);
  await using server = startServer(site, program, 2);
  await server.isReady(2);
  const file = join(temporaryFolder(), 'bundle');
  writeFileSync(file, nextBundle(site));
  expect(await server.tell(0, { kind: 'load', file })).toBe('1');
  for (const worker of [0, 1]) {
    for (
      let tries = 0;
      (await server.tell(worker, { kind: 'check', request: signNow(site) })) !== 'app';
      tries += 1
    ) {
      expect(tries).toBeLessThan(50);
      await wait(100);
    }
  }
  for (let round = 0; round < 30; round += 1) {
    const request = signNow(site);
    const said = await Promise.all(
      [0, 1, 0, 1].map((worker) => server.tell(worker, { kind: 'check', request })),
    );
    expect(said.filter((each) => each === 'app').length).toBe(1);
  }

  // One dies, and another takes its place: it knows what was admitted before.
  const request = signNow(site);
  expect(await server.tell(0, { kind: 'check', request })).toBe('app');
  server.order(0, { kind: 'kill' });
  server.order(0, { kind: 'fork' });
  await server.isReady(3);
  expect(await server.tell(2, { kind: 'check', request })).toBe('proof_before_start');
  expect(await server.tell(1, { kind: 'check', request })).toBe('replayed');
  expect(await server.tell(1, { kind: 'check', request: signNow(site) })).toBe('app');
}, 60_000);

/** A worker's end of a channel, whose other end is in the hand of the test. */
function channel() {
  const events = new EventEmitter();
  const sent: { number: number }[] = [];
  const worker = {
    connected: true,
    on: events.on.bind(events),
    send: (
      message: { number: number },
      _handle: undefined,
      _options: undefined,
      done: (error: Error | null) => void,
    ) => {
      sent.push(message);
      done(null);
    },
  };
  const answer = (number: number, table: string, said: string | null, why = ''): void =>
    void events.emit('message', { type: 'appwarrant/replay/1 answer', number, table, answer: said, why });
  return { events, sent, worker, answer, store: clusterReplayStore(worker as unknown as WorkerProcess) };
}

test('A worker whose primary is another one than before begins anew', async () => {
  const { store, answer } = channel();
  const first = store.claim('a', 60, 0);
  answer(1, 'one', 'first');
  expect(await first).toBe('first');
  const second = store.claim('b', 60, 0);
  answer(2, 'other', 'first');
  expect(await second).toBe('forgotten');
  const third = store.claim('c', 60, 0);
  answer(3, 'other', 'used');
  expect(await third).toBe('used');
});

test('A worker without a primary, or with one that cannot tell, says so', async () => {
  const { store, answer, events, worker } = channel();
  const refused = store.claim('a', 60, 0);
  answer(1, 'one', null, 'The table is full.');
  await expect(refused).rejects.toThrow('The table is full.');
  const [left, stray] = [store.claim('b', 60, 0), { type: 'of the host' }];
  events.emit('message', stray);
  events.emit('message', null);
  events.emit('disconnect');
  await expect(left).rejects.toThrow('The primary is gone.');
  worker.connected = false;
  await expect(store.claim('c', 60, 0)).rejects.toThrow('The primary is gone.');
});

test('A primary that never answers is not waited for by more and more', async () => {
  const { store, sent } = channel();
  for (let i = 0; i < 4096; i += 1) void store.claim(String(i), 60, 0);
  await expect(store.claim('more', 60, 0)).rejects.toThrow('does not answer');
  expect(sent.length).toBe(4096);
});

test('What is no worker has no primary', () => {
  expect(() => clusterReplayStore({ connected: false, on: () => undefined })).toThrow(TypeError);
});

test('A primary answers what its workers ask, and nothing else', () => {
  const events = new EventEmitter();
  serveReplay({ on: events.on.bind(events) as never }, { requestsPerSecond: 1 });
  const heard: { number: number; answer: string | null; why: string }[] = [];
  const worker = {
    isConnected: () => true,
    send: (message: (typeof heard)[number]) => void heard.push(message),
  };
  const now = Math.floor(Date.now() / 1000);
  const claim = { type: 'appwarrant/replay/1 claim', number: 7, id: 'A'.repeat(43), seconds: 60, now };
  events.emit('message', worker, claim);
  events.emit('message', worker, { ...claim, number: 8 });
  events.emit('message', worker, { ...claim, number: 9, now: now - 100 });
  events.emit('message', worker, 'hello');
  events.emit('message', { ...worker, isConnected: () => false }, claim);
  expect(heard.map(({ number, answer }) => [number, answer])).toEqual([
    [7, 'first'],
    [8, 'used'],
    [9, null],
  ]);
  expect(heard[2]?.why).toContain('set the clock');
});
