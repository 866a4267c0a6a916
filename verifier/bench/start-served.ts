import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Question, ToServe, Told, Usage } from './served.ts';

/** A server in a process of its own. */
export type Served = {
  readonly port: number;
  readonly pid: number;
  readonly usage: () => Promise<Usage>;
  /** Gives the code with which the bundle was refused; null where it is in force. */
  readonly load: (file: string) => Promise<string | null>;
  readonly end: () => Promise<void>;
};

/** Starts one, and waits until it listens. */
export async function startServed(toServe: ToServe): Promise<Served> {
  const child = fork(join(import.meta.dirname, 'served.ts'), [JSON.stringify(toServe)], {
    execArgv: ['--conditions=appwarrant-source', '--expose-gc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const hear = <T extends Told['tell']>(what: T): Promise<Extract<Told, { tell: T }>> =>
    new Promise((resolve, reject) => {
      const listen = (told: Told): void => {
        if (told.tell !== what) return;
        child.off('message', listen);
        resolve(told as Extract<Told, { tell: T }>);
      };
      child.on('message', listen);
      void exited.then(() => reject(new Error('The server ended.')));
    });
  const ask = (question: Question): void => void child.send(question);
  const { port } = await hear('port');
  return {
    port,
    pid: child.pid ?? 0,
    usage: () => {
      const heard = hear('usage');
      ask({ ask: 'usage' });
      return heard;
    },
    load: async (file) => {
      const heard = hear('loaded');
      ask({ ask: 'load', file });
      return (await heard).refused;
    },
    end: () => {
      ask({ ask: 'end' });
      return exited;
    },
  };
}
