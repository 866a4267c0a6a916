import { parseArgs } from 'node:util';
import { options, type Command, type Given } from './command.ts';

/** Why what was typed is not understood; `message` is a sentence. */
export class NotUnderstood extends Error {}

/** What was typed behind a command's name, or `help` where help was asked for. Throws `NotUnderstood`. */
export function readArguments(command: Command, args: readonly string[]): Given | 'help' {
  const { values, positionals } = parse(args);
  if (values.help === true) return 'help';
  for (const name of Object.keys(values)) {
    if (!command.options.some((known) => known === name))
      throw new NotUnderstood(`${command.name} takes no option --${name}.`);
  }
  const missing = command.needs?.find((name) => values[name] === undefined);
  if (missing !== undefined)
    throw new NotUnderstood(`${command.name} needs --${missing} ${argumentOf[missing]}.`);
  const least = command.files[positionals.length];
  if (least !== undefined) throw new NotUnderstood(`${command.name} needs ${article(least)} ${least}.`);
  const isMany = command.files.at(-1)?.endsWith('…') === true;
  if (positionals.length > command.files.length && !isMany) {
    const extra = positionals[command.files.length] ?? '';
    throw new NotUnderstood(`${command.name} does not know what to do with "${extra.slice(0, 80)}".`);
  }
  const { state = './appwarrant-state', origin = null, at = null, json = false } = values;
  const { bundle = null, failed = null, each = null, export: exported = null, except = [] } = values;
  const serving = new Map(
    servingOptions.flatMap((name) => (values[name] === undefined ? [] : [[name, [values[name]].flat()]])),
  );
  const isNewDeployment = values['new-deployment'] === true;
  const judging = { state, origin, at, bundle, failed, each };
  return { files: positionals, ...judging, exported, except, isNewDeployment, serving, json };
}

const servingOptions = [
  'listen',
  'check',
  'upstream',
  'status',
  'redis',
  'redis-password-file',
  'redis-ca',
  'redis-cert',
  'redis-key',
  'exempt',
  'route',
  'browser-origin',
  'body-silence',
  'upstream-silence',
  'drain',
  'log',
] as const;

/** What stands behind an option, in capitals, as usage lines show it. */
export const argumentOf = {
  state: 'DIR',
  origin: 'ORIGIN',
  at: 'TIME',
  bundle: 'FILE',
  failed: 'OUT',
  each: 'OUT',
  export: 'NAME',
  except: 'PLACE',
  listen: 'ADDRESS',
  check: 'ADDRESS',
  upstream: 'ADDRESS',
  status: 'ADDRESS',
  redis: 'ADDRESS',
  'redis-password-file': 'FILE',
  'redis-ca': 'FILE',
  'redis-cert': 'FILE',
  'redis-key': 'FILE',
  exempt: 'PATH',
  route: 'PATH=CAPABILITY',
  'browser-origin': 'ORIGIN',
  'body-silence': 'SECONDS',
  'upstream-silence': 'SECONDS',
  drain: 'SECONDS',
  log: 'FORM',
  'new-deployment': '',
  json: '',
} as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Node's own sentence, without its advice on how to write a file whose name begins with a hyphen.
    const sentence = error instanceof Error ? (error.message.split(/\.(?:\s|$)/)[0] ?? '') : '';
    throw new NotUnderstood(`${sentence}.`);
  }
}

function article(noun: string): string {
  return noun === noun.toUpperCase() ? 'a' : '';
}
