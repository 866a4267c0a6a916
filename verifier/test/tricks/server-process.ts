import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Koa from 'koa';
import type { openVerifier as Open, Refused as RefusedError, Verifier } from '../../src/index.ts';
import type { protect as Protect } from '../../src/adapters/koa.ts';
import type { Order, SentRequest } from './order.ts';

// A customer's server in a process of its own: it opens the installed package's verifier, and does what it is told, one order at a time.

const [packageFolder = '', state = '', origin = ''] = process.argv.slice(2);
const installed = (await import(pathToFileURL(join(packageFolder, 'src', 'index.ts')).href)) as {
  openVerifier: typeof Open;
  Refused: typeof RefusedError;
};
const adapter = (await import(pathToFileURL(join(packageFolder, 'src', 'adapters', 'koa.ts')).href)) as {
  protect: typeof Protect;
};
const filler = join(state, 'of-somebody-else');
let verifier: Verifier | undefined;

process.on('message', (order: Order) => {
  if (order.kind === 'end') process.exit();
  void answerTo(order).then((answer) => process.send?.(answer));
});

async function answerTo(order: Order): Promise<object> {
  try {
    return { ok: (await obey(order)) ?? null };
  } catch (error) {
    if (!(error instanceof installed.Refused)) throw error;
    return { refused: error.code, members: error.members };
  }
}
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
    case 'serve':
      return serve();
    case 'stream': {
      const pending = opened().checkHead(received(order.request));
      const hash = createHash('sha256');
      const piece = Buffer.alloc(1024 * 1024);
      for (let i = 0; i < order.mebibytes; i += 1) hash.update(piece);
      return pending.finish(hash.digest());
    }
    case 'memory':
      return process.resourceUsage().maxRSS * 1024;
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

/** Its handler reads what was sent, and says how much that was. */
async function serve(): Promise<number> {
  const app = new Koa();
  app.silent = true;
  app.use(adapter.protect(opened()));
  app.use(async (context) => {
    let length = 0;
    for await (const piece of context.req) length += (piece as Buffer).length;
    context.body = String(length);
  });
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
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
