#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startClock } from './clock.ts';
import { readDeployment } from './deployment-id.ts';
import { activate } from './deployment-key.ts';
import { installedAnchor, installedName, installedVersion } from './installed-anchor.ts';
import { isOrigin } from './origin.ts';
import { Refused } from './refused.ts';
import { rememberSigners } from './signers-memo.ts';
import { makeStateFolder } from './state-folder.ts';
import { openStatus, statusLine, type Status } from './status.ts';
import { openStore, type Store } from './store.ts';

// The operator's command: activate a server, load a bundle, see where it stands. It speaks to files only.

function usage(): string {
  const name = installedName();
  return `${name} ${installedVersion()}

  ${name} activate [--state DIR]                        makes the deployment key and prints the deployment id
  ${name} load FILE [--state DIR] --origin ORIGIN       loads a bundle; a running server takes it over by itself
  ${name} status [--state DIR] --origin ORIGIN [--json]

  --state DIR       the verifier's own folder (./appwarrant-state)
  --origin ORIGIN   under which apps reach the server, such as https://erp.example:8443
`;
}

/** Nobody's request waits here: every approval is judged, and what is shown is the whole truth. */
const judgedAtOnce = Number.MAX_SAFE_INTEGER;

/** Runs one command and returns the exit code: 0 done, 1 refused, 2 not understood. */
function run(args: readonly string[]): number {
  const [command, ...rest] = args;
  if (command === undefined || command === 'help' || command === '--help')
    return say(usage(), command === undefined ? 2 : 0);
  if (command === '--version') return say(`${installedVersion()}\n`, 0);
  const parsed = parse(rest);
  if (parsed === undefined) return complain(usage(), 2);
  const { state, origin, json, files } = parsed;
  switch (command) {
    case 'activate':
      if (files.length > 0) return complain(usage(), 2);
      return runActivate(state);
    case 'load':
      if (files.length !== 1 || origin === undefined) return complain(usage(), 2);
      return runLoad(files[0] as string, state, origin);
    case 'status':
      if (files.length > 0 || origin === undefined) return complain(usage(), 2);
      return runStatus(state, origin, json);
    default:
      return complain(usage(), 2);
  }
}

function runActivate(state: string): number {
  installedAnchor();
  const deployment = activate(state);
  process.stderr.write('Send this deployment id to the vendor, who makes the licence for it:\n');
  return say(`${deployment}\n`, 0);
}

function runLoad(file: string, state: string, origin: string): number {
  const opened = open(state, origin);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return complain(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`, 1);
  }
  opened.store.load(bytes);
  return say(`${statusLine(opened.status())}\n`, 0);
}

function runStatus(state: string, origin: string, json: boolean): number {
  const status = open(state, origin).status();
  const code = status.problem === null ? 0 : 1;
  if (json) return say(`${JSON.stringify(status, null, 2)}\n`, code);
  const problem = status.problem === null ? '' : `${status.problem.message}\n`;
  return say(`${statusLine(status)}\n${problem}`, code);
}

type Opened = { readonly store: Store; readonly status: () => Status };

function open(folder: string, origin: string): Opened {
  if (!isOrigin(origin)) throw new Refused('origin_malformed', JSON.stringify(origin.slice(0, 200)));
  const anchor = installedAnchor();
  makeStateFolder(folder);
  const deployment = readDeployment(folder);
  if (deployment === null) throw new Refused('not_activated');
  const clock = startClock();
  const store = openStore({
    anchor,
    folder,
    deployment,
    origin,
    clock,
    memo: rememberSigners(),
    judgedAtOnce,
  });
  return {
    store,
    status: () => openStatus({ anchor, origin, clock, store: () => store }),
  };
}

type Parsed = {
  readonly state: string;
  readonly origin: string | undefined;
  readonly json: boolean;
  readonly files: readonly string[];
};

function parse(args: readonly string[]): Parsed | undefined {
  const options = {
    state: { type: 'string' },
    origin: { type: 'string' },
    json: { type: 'boolean' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const { state = './appwarrant-state', origin, json = false } = values;
    return { state, origin, json, files: positionals };
  } catch {
    return undefined;
  }
}

function say(text: string, code: number): number {
  process.stdout.write(text);
  return code;
}

function complain(text: string, code: number): number {
  process.stderr.write(text);
  return code;
}

try {
  process.exitCode = run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.exitCode = complain(`${error.code}: ${error.message}\n`, 1);
}
