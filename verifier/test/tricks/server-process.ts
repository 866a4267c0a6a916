import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { openVerifier as Open, Refused as RefusedError, Verifier } from '../../src/index.ts';
import type { Order, SentRequest } from './order.ts';

// A customer's server in a process of its own: it opens the installed package's verifier, and does what it is told, one order at a time.

const [packageFolder = '', state = '', origin = ''] = process.argv.slice(2);
const installed = (await import(pathToFileURL(join(packageFolder, 'src', 'index.ts')).href)) as {
  openVerifier: typeof Open;
  Refused: typeof RefusedError;
};
const filler = join(state, 'of-somebody-else');
let verifier: Verifier | undefined;

process.on('message', (order: Order) => {
  if (order.kind === 'end') {
    process.disconnect();
    return;
  }
  let answer: object;
  try {
    answer = { ok: obey(order) ?? null };
  } catch (error) {
    if (!(error instanceof installed.Refused)) throw error;
    answer = { refused: error.code, members: error.members };
  }
  process.send?.(answer);
});
process.send?.({ ok: 'ready' });

function obey(order: Order): unknown {
  switch (order.kind) {
    case 'open':
      verifier = installed.openVerifier({ stateDir: state, origin, log: () => undefined });
      return undefined;
    case 'load':
      return opened().load(readFileSync(order.file));
    case 'check':
      return opened().check(received(order.request));
    case 'status':
      return opened().status();
    case 'close':
      opened().close();
      return undefined;
    case 'content':
      return contentOf();
    case 'fill':
      fill();
      return undefined;
    case 'empty':
      rmSync(filler);
      return undefined;
    case 'remount':
      if (spawnSync('mount', ['-o', `remount,${order.as}`, state]).status !== 0)
        throw new Error('not remounted');
      return undefined;
    // The preload has done these.
    case 'clock':
    case 'disk':
    case 'end':
      return undefined;
  }
}

function opened(): Verifier {
  if (verifier === undefined) throw new Error('It was not opened.');
  return verifier;
}

function received({ method, target, headers, body }: SentRequest) {
  return { method, target, headers, ...(body !== null && { body: Buffer.from(body, 'base64') }) };
}

/** Every file with its digest, but what somebody else keeps there. */
function contentOf(): Record<string, string> {
  const names = readdirSync(state).filter((name) => join(state, name) !== filler);
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(state, name)))
        .digest('hex'),
    ]),
  );
}

/** Writes until the disk takes no more. */
function fill(): void {
  if (existsSync(filler)) return;
  for (const size of [65_536, 4096, 1]) {
    try {
      for (;;) writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
