// `npm run ceremony -- <verb> …`: works on files only, with no network. See keys/README.md.

import { Refused } from '@appwarrant/verifier/formats';
import { openDesk } from './desk.ts';
import type { Desk } from './desk.ts';
import { KeysError } from './keys-error.ts';
import { processTerminal } from './terminal.ts';
import { create, CREATE_USAGE } from './verbs/create.ts';
import { FINISH_USAGE, finishAct } from './verbs/finish.ts';
import { KEY_USAGE, makeKey } from './verbs/key.ts';
import { rotate, ROTATE_USAGE } from './verbs/rotate-root.ts';
import { REQUEST_USAGE, ROSTER_USAGE, showRequest, showRoster } from './verbs/show.ts';
import { sign, SIGN_USAGE } from './verbs/sign.ts';

type Verb = (args: readonly string[], desk: Desk) => Promise<void>;

const VERBS: ReadonlyMap<string, { readonly run: Verb; readonly usage: string }> = new Map([
  ['key', { run: makeKey, usage: KEY_USAGE }],
  ['create', { run: create, usage: CREATE_USAGE }],
  ['request', { run: showRequest, usage: REQUEST_USAGE }],
  ['sign', { run: sign, usage: SIGN_USAGE }],
  ['finish', { run: finishAct, usage: FINISH_USAGE }],
  ['rotate-root', { run: rotate, usage: ROTATE_USAGE }],
  ['roster', { run: showRoster, usage: ROSTER_USAGE }],
]);

const [name = '', ...args] = process.argv.slice(2);
try {
  await run();
} catch (error) {
  // A refusal is one sentence; anything else is a defect of ours and shows where it is.
  if (!(error instanceof KeysError || error instanceof Refused)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const verb = VERBS.get(name);
  if (verb === undefined) {
    const usages = [...VERBS.values()].map(({ usage }) => `  npm run ceremony -- ${usage}`);
    throw new KeysError('command_unknown', `Say what to do.\n${usages.join('\n')}`);
  }
  const now = Math.floor(Date.now() / 1000);
  const at = args.indexOf('--transcript');
  await verb.run(args, openDesk(name, now, at === -1 ? null : (args[at + 1] ?? null), processTerminal()));
}
