#!/usr/bin/env node
import { run } from './cli/main.ts';

// The operator's command: activate a server, load a bundle, see where it stands and why. It speaks to files only.

/** In a log, how many milliseconds lie between two lines, and before the first. */
const tellEvery = 10_000;
let told = performance.now();

/** On a terminal a line that is written over; in a log a line now and then, and none of what is soon done. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
  else if (text !== '' && performance.now() - told >= tellEvery) {
    told = performance.now();
    process.stderr.write(`${text}\n`);
  }
}

// Whoever reads no further (`doctor | head`) has read enough.
process.stdout.on('error', () => process.exit());
const { out, err, exit, ends } = await run(process.argv.slice(2), progress);
process.stderr.write(err);
process.exitCode = exit;
process.stdout.write(out, () => {
  if (ends === true) process.exit();
});
