import type { ReasonCode } from '../reasons.ts';
import { Refused } from '../refused.ts';
import { activate } from './activate.ts';
import { argumentOf, NotUnderstood, readArguments } from './arguments.ts';
import type { Answer, Command, Given, Progress } from './command.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { help } from './help.ts';
import { inspect } from './inspect.ts';
import { load } from './load.ts';
import { fold, columns, jsonText, visible } from './output.ts';
import { Unreadable } from './read-file.ts';
import { answerRefused } from './refusal.ts';
import { proxyConfig } from './proxy-config.ts';
import { selfTest } from './self-test.ts';
import { serve } from './serve.ts';
import { singleFile } from './single-file.ts';
import { receiptVerify } from './receipt-verify.ts';
import { status } from './status.ts';
import { verifyArtifact } from './verify-artifact.ts';
import { programName, programVersion } from './program.ts';

const commands: readonly Command[] = [
  activate,
  load,
  status,
  doctor,
  explain,
  inspect,
  verifyArtifact,
  receiptVerify,
  selfTest,
  singleFile,
  serve,
  proxyConfig,
  help,
];

/** What is written where, and with which code the program ends. */
export type Written = {
  readonly out: string;
  readonly err: string;
  readonly exit: 0 | 1 | 2;
  /** Whether the program ends at once. */
  readonly ends?: boolean;
};

/** Runs what was typed. Rejects with nothing: whatever happens ends in sentences. */
export async function run(args: readonly string[], progress: Progress): Promise<Written> {
  const [name] = args;
  if (name === undefined) return { out: '', err: list(), exit: 2 };
  if (isHelp(name) || (name === 'help' && args.length === 1)) return { out: list(), err: '', exit: 0 };
  if (name === '--version') return { out: `${programVersion()}\n`, err: '', exit: 0 };
  const command = commands.find((each) => each.name === name || each.name === `${name} ${args[1] ?? ''}`);
  if (command === undefined && isHelp(args[1])) {
    const group = commands.filter((each) => each.name.startsWith(`${name} `));
    if (group.length > 0) return { out: text(group.flatMap(pageFor)), err: '', exit: 0 };
  }
  if (command === undefined) {
    const sentence = `There is no command "${visible(name.slice(0, 80))}".`;
    if (args.includes('--json')) return written(failed(2, 'not_understood', sentence), true);
    return { out: '', err: `${sentence}\n\n${list()}`, exit: 2 };
  }
  const rest = args.slice(command.name.split(' ').length);
  const ends = command.ends === true;
  try {
    const given = readArguments(command, rest);
    if (given === 'help') return { out: text(pageFor(command)), err: '', exit: 0 };
    return { ...written(await answerOf(command, given, progress), given.json), ends };
  } catch (error) {
    return { ...written(answerTo(error, command), rest.includes('--json')), ends };
  }
}

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h';
}

/** What a command answers, or the verifier's no. */
async function answerOf(command: Command, given: Given, progress: Progress): Promise<Answer> {
  try {
    return await command.run(given, progress);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const canBring = command.options.includes('bundle') && bundleWouldDo.has(error.code);
    return answerRefused(error, given.state, canBring ? ' Or name a bundle to judge by: --bundle FILE.' : '');
  }
}

const bundleWouldDo: ReadonlySet<ReasonCode> = new Set(['not_activated', 'no_bundle', 'state_unusable']);

/** What else was thrown, as an answer: something that was not understood, a file, or a fault of this program. */
function answerTo(error: unknown, command: Command): Answer {
  if (error instanceof NotUnderstood) {
    const advice = `${programName()} ${command.name} --help says more.`;
    return failed(2, 'not_understood', error.message, [...fold(`  ${usageOf(command)}`, 4), advice]);
  }
  if (error instanceof Unreadable) return failed(1, 'unreadable', error.message);
  return failed(1, 'fault', fault(error));
}

function failed(exit: 1 | 2, code: string, sentence: string, notes: readonly string[] = []): Answer {
  const json = { type: 'appwarrant/failed/1', code, message: sentence };
  return { exit, lines: [], json, notes: [...fold(sentence), ...notes] };
}

function written({ exit, lines, json: value, notes = [] }: Answer, json: boolean): Written {
  return json ? { out: `${jsonText(value)}\n`, err: '', exit } : { out: text(lines), err: text(notes), exit };
}

/** What nobody foresaw: a sentence all the same, for whoever reads it at night cannot use a stack. */
function fault(error: unknown): string {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `${programName()} ${programVersion()} failed, which is a fault of the program: tell the vendor. ${what}`;
}

function list(): string {
  const name = programName();
  const rows = commands.map((command) => [
    `  ${name} ${[command.name, ...command.files].join(' ')}`,
    command.about,
  ]);
  const about = optionRows(['state', 'origin', 'json']);
  return text([
    `${name} ${programVersion()}`,
    '',
    ...columns(rows),
    '',
    ...about,
    '',
    `${name} COMMAND --help says more.`,
    'Exit codes: 0 fine, 1 refused or something is wrong, 2 not understood.',
  ]);
}

function pageFor(command: Command): readonly string[] {
  const paragraphs = command.help.flatMap((paragraph) => [...fold(paragraph), '']);
  const rows = optionRows(command.options);
  return [...fold(usageOf(command), 4), '', ...paragraphs, ...rows];
}

function usageOf({ name, files, options, needs = [] }: Command): string {
  const words = options.map((option) => {
    const word = `--${option} ${argumentOf[option]}`.trim();
    return needs.includes(option) ? word : `[${word}]`;
  });
  return [programName(), name, ...files, ...words].join(' ');
}

function optionRows(names: Command['options']): readonly string[] {
  return columns(names.map((name) => [`  --${name} ${argumentOf[name]}`.trimEnd(), aboutOption[name]]));
}

const aboutOption = {
  state: "the verifier's own folder (./appwarrant-state)",
  origin: 'under which apps reach the server, such as https://erp.example:8443',
  at: 'judge as at this time, such as 2026-11-22T09:00:00Z, or now',
  bundle: 'the metadata to judge by, instead of what is loaded here',
  failed: 'a new file for all that did not verify, as JSON lines',
  each: 'a new file for what was found of each, as JSON lines',
  export: 'which export of the module is the app',
  except: 'a place that is not protected on purpose, as the report names it; once for each',
  listen: 'where proxies ask, or with --upstream requests come: 127.0.0.1:PORT or unix:PATH',
  check: 'with --upstream: where proxies ask, besides',
  upstream: 'the server that requests are passed on to: http://HOST:PORT or unix:PATH',
  status: 'where the status page is: 127.0.0.1:PORT',
  redis: 'a Redis or Valkey that nodes share: rediss://HOST:PORT, redis://HOST:PORT or unix:PATH',
  'redis-password-file': 'a file that holds its password',
  'redis-ca': 'the authorities that may vouch for it, in PEM form (those of Node.js)',
  'redis-cert': 'the certificate that it asks of this program, in PEM form',
  'redis-key': 'its private key, in PEM form',
  exempt: 'a path that needs no proof, whole and exact; may be given again',
  route: 'a location and the capability that it demands; may be given again',
  'browser-origin': 'whose pages may call this API from browsers; may be given again',
  'body-silence': 'how long a body may pause (30, and no more)',
  'upstream-silence': 'how long the server may take to answer (60)',
  drain: 'how long requests may take to end after a signal to stop (25)',
  log: 'json or text (json)',
  'new-deployment': 'where the key is lost and has no backup: make another deployment',
  json: 'the answer as JSON, for programs',
} as const;

function text(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
