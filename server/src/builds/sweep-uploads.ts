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
