// Preloaded by a test: the process dies (as by a power cut, without any handler) just before its n-th write, sync, rename or
// removal, where n is DIE_AT; counted from 1.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

let left = Number(process.env.DIE_AT);
for (const name of ['openSync', 'writeSync', 'fsyncSync', 'linkSync', 'renameSync', 'rmSync', 'mkdirSync']) {
  const original = fs[name];
  fs[name] = (...args) => {
    // What is opened to be read changes nothing, and is left out: the program's own modules among it.
    if (name !== 'openSync' || (Number(args[1]) & fs.constants.O_CREAT) !== 0) left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    return original(...args);
  };
}
syncBuiltinESMExports();
