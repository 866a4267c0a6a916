// Preloaded into a portal (`node --import`): kills the process, as a power cut would, at the n-th moment of writing once
// it is armed. Moments are before and after each write, sync, rename and commit, and the middle of each write.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

import Sqlite from 'better-sqlite3';

const killAt = Number(process.env['KILL_AT']);
let armed = false;
let moments = 0;

process.on('message', (message) => {
  if (message !== 'arm') return;
  armed = true;
  process.send?.('armed');
});

function moment(): void {
  if (!armed) return;
  moments += 1;
  if (moments === killAt) process.kill(process.pid, 'SIGKILL');
}

type Write = (handle: number, bytes: Uint8Array, offset?: number) => number;
const { writeSync, fsyncSync, renameSync } = fs;

const torn: Write = (handle, bytes, offset = 0) => {
  moment();
  const half = offset + Math.floor((bytes.length - offset) / 2);
  if (half > offset) (writeSync as Write)(handle, bytes.subarray(0, half), offset);
  moment();
  const rest = bytes.length > half ? (writeSync as Write)(handle, bytes, half) : 0;
  moment();
  return half - offset + rest;
};

Object.assign(fs, {
  writeSync: torn,
  fsyncSync: (handle: number) => {
    moment();
    fsyncSync(handle);
    moment();
  },
  renameSync: (from: string, to: string) => {
    moment();
    renameSync(from, to);
    moment();
  },
});
syncBuiltinESMExports();

// oxlint-disable-next-line typescript/unbound-method -- called below with the database that it was called on
const prepare = Sqlite.prototype.prepare;
Sqlite.prototype.prepare = function prepareCounted(this: InstanceType<typeof Sqlite>, source: string) {
  const statement = prepare.call(this, source);
  if (source !== 'commit') return statement;
  const run = statement.run.bind(statement) as () => ReturnType<typeof statement.run>;
  statement.run = () => {
    moment();
    const result = run();
    moment();
    return result;
  };
  return statement;
} as typeof prepare;
