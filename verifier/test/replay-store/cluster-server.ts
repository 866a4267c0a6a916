import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Index from '../../src/index.ts';
import type * as Cluster from '../../src/replay-store/cluster.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';

// A customer's server of several processes: the primary hands orders of the test on to its workers, which have a verifier each.

const [packageFolder = '', state = '', origin = '', workers = '2'] = process.argv.slice(2);
const load = async (path: string): Promise<unknown> =>
  import(pathToFileURL(join(packageFolder, 'src', path)).href);

type Order =
  | { readonly kind: 'load'; readonly file: string }
  | { readonly kind: 'check'; readonly request: RequestToCheck }
  | { readonly kind: 'kill' | 'fork' };
export type Told = { readonly number: number; readonly worker: number; readonly order: Order };

if (cluster.isPrimary) {
  const { serveReplay } = (await load('replay-store/cluster.ts')) as typeof Cluster;
  serveReplay(cluster, { requestsPerSecond: 100 });
  const all: ReturnType<typeof cluster.fork>[] = [];
  const fork = (): void => {
    const worker = cluster.fork();
    all.push(worker);
    worker.on('message', (message: { said?: unknown }) => {
      if (message.said !== undefined) process.send?.(message);
    });
  };
  for (let i = 0; i < Number(workers); i += 1) fork();
  process.on('message', (told: Told) => {
    const worker = all[told.worker];
    if (told.order.kind === 'fork') fork();
    else if (told.order.kind === 'kill') worker?.process.kill('SIGKILL');
    else worker?.send(told);
  });
} else {
  const { openVerifier, Refused } = (await load('index.ts')) as typeof Index;
  const { clusterReplayStore } = (await load('replay-store/cluster.ts')) as typeof Cluster;
  const replayStore = clusterReplayStore(process);
  const verifier = openVerifier({ stateDir: state, origin, log: () => undefined, replayStore });
  const obey = async (order: Order): Promise<string> => {
    try {
      if (order.kind === 'load') return String(verifier.load(readFileSync(order.file)).versions.timestamp);
      if (order.kind === 'check') return (await verifier.checkAsync(order.request)).kind;
      return 'nothing';
    } catch (error) {
      if (error instanceof Refused) return error.code;
      throw error;
    }
  };
  process.on('message', ({ number, order }: Partial<Told>) => {
    if (number === undefined || order === undefined) return;
    void obey(order).then((said) => process.send?.({ number, said }));
  });
  process.send?.({ number: 0, said: 'ready' });
}
