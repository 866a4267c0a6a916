// `npm run bench`: every benchmark, one after the other, each in a process of its own so that none pays for another's
// garbage. `-- --json` prints one object a line.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

const PROGRAMS = [
  'verifier/bench/check.ts',
  'verifier/bench/replay.ts',
  'verifier/bench/load.ts',
  'server/bench/publishing.ts',
];

for (const program of PROGRAMS) {
  const args = ['--conditions=appwarrant-source', join(ROOT, program), ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
