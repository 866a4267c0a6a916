#!/usr/bin/env node
import { run } from './cli/main.ts';

// The operator's command: activate a server, load a bundle, see where it stands and why. It speaks to files only.

/** On a terminal a line that is written over; elsewhere nothing, for nobody watches a log grow. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

// Whoever reads no further (`doctor | head`) has read enough.
process.stdout.on('error', () => process.exit());
const { out, err, exit } = run(process.argv.slice(2), progress);
process.stderr.write(err);
process.stdout.write(out);
process.exitCode = exit;
