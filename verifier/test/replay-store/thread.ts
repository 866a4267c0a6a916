import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Index from '../../src/index.ts';
import type * as Threads from '../../src/replay-store/threads.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';

// A thread of a customer's server, with a verifier of its own over the folder of all.

const { packageFolder, state, origin, shared } = workerData as {
  packageFolder: string;
  state: string;
  origin: string;
  shared: Threads.SharedReplay;
};
const load = async (path: string): Promise<unknown> =>
  import(pathToFileURL(join(packageFolder, 'src', path)).href);
const { openVerifier, Refused } = (await load('index.ts')) as typeof Index;
const { sharedReplayStore } = (await load('replay-store/threads.ts')) as typeof Threads;
const replayStore = sharedReplayStore(shared);
const verifier = openVerifier({ stateDir: state, origin, log: () => undefined, replayStore });

parentPort?.on(
  'message',
  ({ number, order }: { number: number; order: { load: string } | { check: RequestToCheck } }) => {
    void (async () => {
      try {
        if ('load' in order) return verifier.load(readFileSync(order.load)).versions.timestamp;
        return (await verifier.checkAsync(order.check)).kind;
      } catch (error) {
        if (error instanceof Refused) return error.code;
        throw error;
      }
    })().then((said) => parentPort?.postMessage({ number, said }));
  },
);
parentPort?.postMessage('ready');
