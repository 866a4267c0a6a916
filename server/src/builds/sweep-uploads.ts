import { readdir } from 'node:fs/promises';

import { timeOf } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { transaction, type Tx } from '../database/database.ts';
import { dataPaths } from '../start/data-folder.ts';
import { dropArtifact } from './artifacts.ts';
import { digestIsKept, dropUploadsBefore } from './store.ts';

/** How long an upload waits to be submitted, in seconds. */
const LIFETIME = 86_400;

/** How often the broom comes, in milliseconds. */
const EVERY = 3_600_000;

/** Forgets uploads that nobody submitted in time, and removes their files where nothing else stands for them. */
export async function sweepUploads(context: Context, now: number): Promise<void> {
  await transaction(context.db, async (tx) => {
    for (const digest of await dropUploadsBefore(tx, timeOf(now - LIFETIME)))
      await dropUnkept(tx, context, digest);
  });
}

/** Removes files that nothing stands for: a crash between keeping a file and writing it down leaves one. */
export async function sweepArtifacts(context: Context): Promise<void> {
  for (const digest of await readdir(dataPaths(context.dataDir).artifacts)) {
    if (await digestIsKept(context.db, digest)) continue;
    // Looked at again where no upload can come in between.
    await transaction(context.db, (tx) => dropUnkept(tx, context, digest));
  }
}

async function dropUnkept(tx: Tx, context: Context, digest: string): Promise<void> {
  if (!(await digestIsKept(tx, digest))) dropArtifact(context.dataDir, digest);
}

/** Sweeps uploads now, and every hour until it is stopped. */
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
