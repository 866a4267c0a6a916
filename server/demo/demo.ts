// `npm run demo`: the story in a terminal. Exit 0 only if every verdict was the expected one.
//   --markdown  writes the table of verdicts as the README shows it to standard output, and the telling to standard error
//   --keep      leaves the portal and the customer's server running, and prints where they are

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from './customer.ts';
import { killWhatRuns } from './process.ts';
import { tellStory } from './story.ts';
import { allAsExpected, markdownTable, terminalTable } from './verdict.ts';

const { values } = parseArgs({
  options: { markdown: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
});
const say = (text: string): void => {
  (values.markdown ? process.stderr : process.stdout).write(`${text}\n`);
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const folder = mkdtempSync(join(tmpdir(), 'appwarrant-demo-'));
// However the story ends, it leaves no process and no file behind.
process.once('exit', () => {
  killWhatRuns();
  rmSync(folder, { recursive: true, force: true });
});
let interrupt = (): void => process.exit(1);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt());

let vendor: { readonly running: { stop(): Promise<number> } } | null = null;
try {
  const portalPort = await freePort();
  const ended = await tellStory({ folder, portalPort, serverPort: await freePort(), say });
  vendor = ended.vendor;
  const good = allAsExpected(ended.verdicts);
  process.stdout.write(
    values.markdown ? markdownTable(ended.verdicts) : `\n${terminalTable(ended.verdicts)}`,
  );
  say(good ? '\nEvery verdict was the expected one.' : '\nNot every verdict was the expected one.');
  process.exitCode = good ? 0 : 1;
  if (values.keep) {
    const server = await startServer(ended.site);
    say(
      `\nPortal: ${ended.vendor.site.origin}   Customer's server: ${ended.site.origin}   Files: ${folder}\nCtrl-C ends both.`,
    );
    await new Promise<void>((resolve) => {
      interrupt = resolve;
    });
    await server.stop();
  }
} finally {
  await vendor?.running.stop();
}
