// `npm start`: the portal. With portal.ts the only file that reads the environment, the clock and the command line.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { startSweeping, sweepArtifacts } from './builds/sweep-uploads.ts';
import { readConfig, withPort } from './config.ts';
import { createPortal } from './http/app.ts';
import { openLog } from './log.ts';
import { makeSampleOnce } from './sample/make-sample.ts';
import { prepareDataFolder, removeCutOffUploads } from './start/data-folder.ts';
import { explainFailure } from './start/explain-failure.ts';
import { greet } from './start/greet.ts';
import { listen } from './start/listen.ts';
import { openPortal } from './start/open-portal.ts';
import { serveAlone } from './start/serve-alone.ts';

/** How long requests under way may take to end, in seconds. */
const DRAIN_SECONDS = 10;

// Stopped before it serves, the portal ends at once: every step of a first start can be cut short and done again.
let stop = async (): Promise<void> => {};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stop().finally(() => process.exit(0)));
}

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
  prepareDataFolder(config.dataDir);
  const letOthersServe = serveAlone(config.dataDir);
  const now = () => Math.floor(Date.now() / 1000);
  const portal = await openPortal(withPort(config, listening.port), { now, log: openLog('warn') });
  if (process.argv.includes('--sample')) await makeSampleOnce(portal.context);
  removeCutOffUploads(config.dataDir);
  await sweepArtifacts(portal.context);
  const sweeping = await startSweeping(portal.context);

  stop = async () => {
    await listening.drain(DRAIN_SECONDS);
    sweeping.stop();
    await portal.close();
    letOthersServe();
  };
  listening.serve(createPortal(portal.context).callback());
  process.stdout.write(await greet(portal.context));
}
