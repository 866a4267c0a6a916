import { readdirSync } from 'node:fs';

import { timeOf } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { dataPaths } from '../start/data-folder.ts';
import { dropArtifact } from './artifacts.ts';
import { digestIsKept, dropOldUploads } from './store.ts';

/** How long an upload waits to be submitted, in seconds. */
const LIFETIME = 86_400;

/** Forgets uploads that nobody submitted in time, and removes the files that nothing stands for any more. */
export async function sweepUploads(context: Context, now: number): Promise<void> {
  await transaction(context.db, async (tx) => {
    await dropOldUploads(tx, timeOf(now - LIFETIME));
    for (const digest of readdirSync(dataPaths(context.dataDir).artifacts)) {
      if (!(await digestIsKept(tx, digest))) dropArtifact(context.dataDir, digest);
    }
  });
}

/** How often the broom comes, in milliseconds. */
const EVERY = 3_600_000;

/** Sweeps now, and every hour until it is stopped. */
export async function startSweeping(context: Context): Promise<{ stop(): void }> {
  await sweepUploads(context, context.now());
  const timer = setInterval(() => {
    sweepUploads(context, context.now()).catch((error: unknown) => {
      context.log.error({ err: error }, 'old uploads could not be swept away');
    });
  }, EVERY);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
