import { startClock } from '../clock.ts';
import { readDeployment } from '../deployment-id.ts';
import { installedAnchor } from '../installed-anchor.ts';
import type { OpenedBundle } from '../open-bundle.ts';
import { Refused } from '../refused.ts';
import { rememberSigners } from '../signers-memo.ts';
import { openStatus, statusLine, type AllowlistStatus } from '../status.ts';
import { openStore } from '../store.ts';
import { changesBetween, type Changes } from './changes.ts';
import type { Answer, Command } from './command.ts';
import { judgeBuilds } from './judge-builds.ts';
import { fold, visible } from './output.ts';
import { readWhole } from './read-file.ts';
import { answerRefused } from './refusal.ts';
import { requireOrigin } from './view.ts';

/** Loads a bundle and says what it has changed. */
export const load: Command = {
  name: 'load',
  files: ['FILE'],
  options: ['state', 'origin', 'json'],
  needs: ['origin'],
  about: 'loads a bundle; a running server takes it over by itself',
  help: [
    'Verifies a bundle (- for standard input) and puts it in force, on the disk and, within seconds, in a running server; says what has changed. A bundle that is refused changes nothing.',
    'Run it as the user that runs the server.',
  ],
  run({ files: [file = ''], state, origin: given }, progress) {
    const origin = given ?? '';
    requireOrigin(origin);
    const anchor = installedAnchor();
    const deployment = readDeployment(state);
    if (deployment === null) throw new Refused('not_activated');
    const clock = startClock();
    const options = { anchor, folder: state, deployment, origin, clock, memo: rememberSigners() };
    // Every build is judged below, where somebody can watch.
    const store = openStore({ ...options, judgedAtOnce: 0 });
    const before = store.current();
    const status = () => openStatus({ anchor, origin, clock, store: () => store });
    const old = status().allowlist;
    try {
      const bytes = readWhole(file);
      progress(`Verifying ${String(Math.ceil(bytes.length / 1024))} KiB`);
      const opened = store.load(bytes);
      judgeBuilds(opened, progress);
      const changes = changesBetween(before, opened);
      const now = status();
      return {
        exit: 0,
        lines: [statusLine(now), ...summary(before, old, now.allowlist, changes)],
        json: { type: 'appwarrant/load/1', ...now, replaced: old?.versions ?? null, changes },
      };
    } catch (error) {
      if (error instanceof Refused) return refused(error, state, before, old);
      throw error;
    } finally {
      progress('');
    }
  },
};

/** How many builds of each kind are named. */
const named = 10;

function summary(
  before: OpenedBundle | null,
  old: AllowlistStatus | null,
  now: AllowlistStatus | null,
  { added, removed, renewed, refused }: Changes,
): readonly string[] {
  const same = old !== null && now !== null && old.versions.timestamp === now.versions.timestamp;
  if (same) return ['It was loaded before: nothing has changed.'];
  const first = before === null || old === null;
  const head = first
    ? 'It is the first that is loaded here.'
    : `It replaces allowlist ${String(old.versions.timestamp)}, signed ${old.signedAt}.`;
  const silent = [added, removed, renewed, refused].every((list) => list.length === 0);
  return [
    head,
    ...listed(
      '+',
      added.map(({ name }) => name),
    ),
    ...listed(
      '-',
      removed.map(({ name }) => name),
    ),
    ...listed(
      '~',
      renewed.map(({ name }) => `${name}, approved anew`),
    ),
    ...listed(
      '!',
      refused.map(({ name, code }) => `${name}, refused: ${code}`),
    ),
    ...(silent ? ['No build has come, gone or been refused.'] : []),
    ...dates(old, now),
  ];
}

function listed(sign: string, names: readonly string[]): readonly string[] {
  const more = names.length - named;
  return [
    ...names.slice(0, named).flatMap((name) => fold(`  ${sign} ${visible(name)}`, 4)),
    ...(more > 0 ? [`  ${sign} and ${String(more)} more`] : []),
  ];
}

function dates(old: AllowlistStatus | null, now: AllowlistStatus | null): readonly string[] {
  if (now === null) return [];
  const line = (what: string, to: string | null, from: string | null | undefined): readonly string[] =>
    to === null
      ? []
      : [
          `  ${what} ${to}${from === to ? ', as before' : from === undefined || from === null ? '' : `, was ${from}`}`,
        ];
  return [
    ...line('fresh until  ', now.freshUntil, old?.freshUntil),
    ...line('grace until  ', now.expires, old?.expires),
    ...line('licence until', now.license.expires, old?.license.expires),
    ...line('signed until ', now.wall, old?.wall),
  ];
}

/** The refusal, and what stays in force. */
function refused(
  error: Refused,
  state: string,
  before: OpenedBundle | null,
  old: AllowlistStatus | null,
): Answer {
  const answer = answerRefused(error, state);
  const kept =
    before === null || old === null
      ? 'Nothing was changed; nothing is loaded here.'
      : `Nothing was changed: allowlist ${String(old.versions.timestamp)}, signed ${old.signedAt}, stays in force.`;
  return { ...answer, notes: [...(answer.notes ?? []), ...fold(kept)] };
}
