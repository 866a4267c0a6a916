// `npm start`: the portal. The only file that reads the environment, the system clock and the command line.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { readConfig, withPort } from './config.ts';
import { createPortal } from './http/app.ts';
import { openLog } from './log.ts';
import { makeSampleOnce } from './sample/make-sample.ts';
import { explainFailure } from './start/explain-failure.ts';
import { greet } from './start/greet.ts';
import { listen } from './start/listen.ts';
import { openPortal } from './start/open-portal.ts';

const DRAIN_SECONDS = 10;

try {
  await start();
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exit(1);
}

async function start(): Promise<void> {
  const config = readConfig(process.env, {
    home: homedir(),
    sources: join(import.meta.dirname, '../..'),
    readFile: (path) => readFileSync(path, 'utf8'),
  });
  const listening = await listen(config);
  const now = () => Math.floor(Date.now() / 1000);
  const portal = await openPortal(withPort(config, listening.port), { now, log: openLog('warn') });
  if (process.argv.includes('--sample')) await makeSampleOnce(portal.context);
  const app = createPortal(portal.context);
  listening.serve(app.callback());
  process.stdout.write(await greet(portal.context));

  const stop = async () => {
    await listening.drain(DRAIN_SECONDS);
    await portal.close();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
}
