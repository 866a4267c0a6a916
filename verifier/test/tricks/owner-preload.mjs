// Preloaded by tests, as the owner of a machine can preload what he likes. It stands for what he does without touching the
// program: it moves the system clock (Date; the monotonic clock cannot be set), and makes the disk full or read-only.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

let shift = 0;
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + shift);
    else super(...given);
  }
  static now() {
    return RealDate.now() + shift;
  }
};

let disk = 'well';
const { openSync, writeSync } = fs;
const failed = (code) => Object.assign(new Error(`${code}: the disk is ${disk}`), { code });

fs.openSync = (path, flags, ...rest) => {
  const reads = flags === undefined || flags === 'r' || flags === fs.constants.O_RDONLY;
  if (disk === 'read-only' && !reads) throw failed('EROFS');
  return openSync(path, flags, ...rest);
};
// A full disk takes a beginning, and then no more.
fs.writeSync = (handle, bytes, at, ...rest) => {
  if (disk !== 'full') return writeSync(handle, bytes, at, ...rest);
  const left = bytes.length - at;
  if (left <= 1) throw failed('ENOSPC');
  writeSync(handle, bytes, at, Math.floor(left / 2));
  throw failed('ENOSPC');
};
for (const name of ['writeFileSync', 'linkSync', 'renameSync', 'rmSync', 'mkdirSync']) {
  const original = fs[name];
  fs[name] = (path, ...rest) => {
    // As systems do it: what is not there cannot be removed, and a folder that is there need not be made.
    const idle = { rmSync: !fs.existsSync(path), mkdirSync: fs.existsSync(path) }[name];
    if (disk === 'read-only' && idle !== true) throw failed('EROFS');
    if (disk === 'full' && name === 'writeFileSync') throw failed('ENOSPC');
    return original(path, ...rest);
  };
}
syncBuiltinESMExports();

process.on('message', (order) => {
  if (order.kind === 'clock') shift = order.shift * 1000;
  if (order.kind === 'disk') disk = order.is;
});
