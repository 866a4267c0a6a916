import { claimScript, claimScriptSha1 } from './claim-script.ts';
import { clocksApart, clockTolerance, type ClaimAnswer, type ReplayStore } from './replay-store.ts';

/** A client of the host's, connected to one Redis or Valkey: of ioredis or iovalkey, or of node-redis. */
export type RedisClient =
  | { readonly call: (command: string, ...args: string[]) => Promise<unknown> }
  | { readonly sendCommand: (args: string[]) => Promise<unknown> };

export type RedisReplayOptions = {
  /** With what the names of keys begin, `appwarrant:` when absent. The same at every node of a site; several sites may share one. */
  readonly prefix?: string;
};

/**
 * Nodes remember in one Redis or Valkey which proofs were used (SPEC §10.13). Deployments may share a server: ids of one are none of
 * another's. Throws `TypeError` for what is no client.
 *
 * A claim rejects where the server is away or says that it cannot remember: it throws keys away when it is full, may lose some when
 * another takes its place, or its clock is not the node's. See docs/nodes.md.
 */
export function redisReplayStore(client: RedisClient, options: RedisReplayOptions = {}): ReplayStore {
  const { prefix = 'appwarrant:' } = options;
  if (typeof prefix !== 'string') throw new TypeError('prefix is a text.');
  const send = senderOf(client);
  // In braces, so that a cluster keeps them together: the script has to see the epoch and the claim at once.
  const names = `${prefix}{replay}:`;
  let known = '';
  let pending = 0;

  const run = async (args: readonly string[]): Promise<readonly string[]> => {
    if (pending >= mostPending) throw new Error(`${String(mostPending)} claims wait for an answer of Redis.`);
    pending += 1;
    try {
      return read(await runScript(send, args));
    } finally {
      pending -= 1;
    }
  };

  /** Whether claims may have been lost that somebody could use again, now that another epoch has begun than the one that we knew. */
  const mayHaveLost = (epoch: string, time: string): boolean => {
    const isFirst = known === '';
    known = epoch;
    const began = Number(epoch.split(' ')[2]);
    return !(isFirst && Number(time) - began > longestAfter);
  };

  return {
    async claim(id, seconds, now): Promise<ClaimAnswer> {
      const milliseconds = String(seconds * 1000);
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const [said, what = '', time = ''] = await run([
          `${names}epoch`,
          names + id,
          known,
          String(now),
          milliseconds,
        ]);
        if (said === 'first' || said === 'used') return said;
        if (said !== 'epoch') throw new Error(problemOf(said, what, now));
        // Another claim of this node may have heard of it meanwhile, and said so.
        if (what !== known && mayHaveLost(what, time)) return 'forgotten';
      }
      throw new Error('Redis forgets again and again.');
    },
  };
}

/** Beyond that, a server that is away would fill the memory of those who wait for it. */
const mostPending = 4096;

/**
 * How long after its beginning an epoch has no proof before it that anybody could take, in seconds: none was created more than 30 s
 * ahead of a clock that was ahead itself, and none is taken 60 s later by a clock that is behind.
 */
const longestAfter = 30 + 60 + clocksApart;

type Send = (command: string, args: readonly string[]) => Promise<unknown>;

function senderOf(client: RedisClient): Send {
  const given = client as { readonly call?: unknown; readonly sendCommand?: unknown } | null | undefined;
  if (typeof given?.call === 'function') {
    const { call } = client as Extract<RedisClient, { call: unknown }>;
    return (command, args) => call.call(client, command, ...args);
  }
  if (typeof given?.sendCommand === 'function') {
    const { sendCommand } = client as Extract<RedisClient, { sendCommand: unknown }>;
    return (command, args) => sendCommand.call(client, [command, ...args]);
  }
  throw new TypeError('This is no client of ioredis, iovalkey or node-redis.');
}

async function runScript(send: Send, args: readonly string[]): Promise<unknown> {
  try {
    return await send('EVALSHA', [claimScriptSha1, '2', ...args]);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('NOSCRIPT')) throw error;
    return send('EVAL', [claimScript, '2', ...args]);
  }
}

function read(reply: unknown): readonly string[] {
  if (!Array.isArray(reply)) throw new Error('Redis gave another answer than its script gives.');
  return reply.map(String);
}

function problemOf(said: string | undefined, what: string, now: number): string {
  switch (said ?? '') {
    case 'evicts':
      return `Redis throws keys away when it is full (maxmemory-policy ${what}): set maxmemory-policy noeviction.`;
    case 'replica':
      return 'This Redis is a replica: connect to its master.';
    case 'splits':
      return 'This Redis has replicas, and takes writes that none of them has: set min-replicas-to-write 1 and min-replicas-max-lag 10.';
    case 'clock':
      return `The time here is ${String(Math.abs(now - Number(what)))} s away from that of Redis, and ${String(clockTolerance)} s are allowed: set the clocks.`;
    default:
      return 'Redis gave another answer than its script gives.';
  }
}
