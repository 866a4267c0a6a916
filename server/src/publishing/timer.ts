import type { RepositoryFiles } from '@appwarrant/keys';
import { secondsOf } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { publish, publishingSettled, publishOrThrow } from './publish.ts';
import { changedRoles, failReserved, newestPublished } from './store.ts';

/** A timestamp is signed again once it is this old, so that bundles are fresh when they are handed out. */
const TIMESTAMP_SECONDS = 3600;

/** How often the timer looks, in milliseconds. */
const LOOK_EVERY = 60_000;

export interface PublishingTimer {
  /** Looks no more; resolves once no publication runs. */
  stop(): Promise<void>;
}

/**
 * Ends what a crash left half done, publishes what waits, and from then on signs the timestamp again every hour and
 * tries again what failed. `first` are the files with which a registry begins that has published nothing yet.
 * @throws Problem publication_refused where the registry cannot begin
 */
export async function startPublishing(
  context: Context,
  first: RepositoryFiles | null,
): Promise<PublishingTimer> {
  const failed = await transaction(context.db, failReserved);
  if (failed.length > 0)
    context.log.warn({ publications: failed }, 'publications were cut short; they are made again');
  if ((await newestPublished(context.db)) === undefined) {
    // A production registry begins with `npm run portal -- init`, which brings the files itself.
    if (first !== null) await publishOrThrow(context, { cause: 'start', actor: null, offline: first });
  }
  await publishWhatWaits(context, 'start');
  const timer = setInterval(() => void publishWhatWaits(context, 'timer'), LOOK_EVERY);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await publishingSettled(context.db);
    },
  };
}

async function publishWhatWaits(context: Context, cause: 'start' | 'timer'): Promise<void> {
  try {
    const newest = await newestPublished(context.db);
    const signedAt = newest?.signed_at ?? null;
    if (signedAt === null) return;
    const age = context.now() - secondsOf(signedAt);
    const waits = age >= TIMESTAMP_SECONDS || (await somethingWaits(context));
    if (waits) await publish(context, { cause, actor: null });
  } catch (error) {
    context.log.error({ err: error }, 'the publishing timer could not look');
  }
}

async function somethingWaits({ db }: Context): Promise<boolean> {
  if ((await changedRoles(db)).length > 0) return true;
  const unpublished = await db
    .selectFrom('revocations')
    .select('id')
    .where('published_version', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return unpublished !== undefined;
}
