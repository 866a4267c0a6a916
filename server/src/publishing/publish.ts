import type { Context } from '../context.ts';
import type { Db } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { publishNow, type Cause, type Publication } from './publish-now.ts';

export type { Cause, Publication };

/** Publications of one portal follow each other. Whoever asks while one runs is served by the next. */
interface Queue {
  running: Promise<unknown>;
  waiting: Promise<Publication> | null;
}

const queues = new WeakMap<Db, Queue>();

/**
 * Publishes what has changed, after a publication that runs already. One publication serves everybody who asked before
 * it began.
 * @throws Problem publication_refused, publication_lost_race, not_ready
 */
export async function publishOrThrow(context: Context, why: Cause): Promise<Publication> {
  const queue = queueOf(context.db);
  // New offline files belong to the one who brings them: they get a publication of their own.
  if (queue.waiting !== null && why.offline === undefined) return queue.waiting;
  const own: Promise<Publication> = queue.running.then(() => {
    if (queue.waiting === own) queue.waiting = null;
    return publishNow(context, why);
  });
  if (why.offline === undefined) queue.waiting = own;
  queue.running = own.catch(() => {});
  return own;
}

/**
 * The same for callers whose own act is done whether it can be published now or not: null where it cannot. The timer
 * tries again, and the overview says what waits.
 */
export async function publish(context: Context, why: Cause): Promise<Publication | null> {
  try {
    return await publishOrThrow(context, why);
  } catch (error) {
    const code = error instanceof Problem ? error.code : 'internal';
    context.log.error({ err: error, cause: why.cause, code }, 'publishing failed; it will be tried again');
    return null;
  }
}

/** Resolves once no publication runs. */
export async function publishingSettled(db: Db): Promise<void> {
  await queueOf(db).running;
}

function queueOf(db: Db): Queue {
  const known = queues.get(db);
  if (known !== undefined) return known;
  const queue = { running: Promise.resolve(), waiting: null };
  queues.set(db, queue);
  return queue;
}
