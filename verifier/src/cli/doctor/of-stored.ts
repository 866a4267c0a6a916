import { statSync } from 'node:fs';
import { count, duration } from '../../duration.ts';
import { writeFloor } from '../../floor.ts';
import { sharedAt } from '../../folder-claim.ts';
import { isTaken } from '../../folder-lock.ts';
import { moment } from '../../http/step-words.ts';
import { restoreReplayTable } from '../../http/replay.ts';
import { attempt } from '../../attempt.ts';
import type { Sight } from '../../look-at-state.ts';
import { reasons, type ReasonCode } from '../../reasons.ts';
import { Refused } from '../../refused.ts';
import { readState, stateFiles } from '../../state-folder.ts';
import { timeOf } from '../../time.ts';
import { act, ok, refusedAs, type Finding } from './finding.ts';
import type { Site } from './site.ts';
import { programName } from '../program.ts';

/** What lies in the state folder: the floor, the bundle, a load that was cut short, the nonces of the last server. */
export function ofStored(site: Site): readonly Finding[] {
  const { floor, folder, sight } = site;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  if (floor instanceof Refused) return [refusedAs('floor', floor, folder)];
  return [
    ofFloor(site, floor),
    ...ofBundles(site, sight),
    ofReplay(folder),
    ofProcesses(site),
    ofOrigin(site),
  ];
}

/** Said elsewhere, and until it is put right no bundle is opened. */
const saidElsewhere: ReadonlySet<ReasonCode> = new Set([
  'no_trust_anchor',
  'anchor_malformed',
  'not_activated',
  'deployment_key_malformed',
  'state_other_registry',
  'state_newer',
]);

function ofBundles(site: Site, sight: Site['sight']): readonly Finding[] {
  if (!(sight instanceof Refused)) return [ofBundle(site, sight), ofIncoming(site.folder, sight)];
  return saidElsewhere.has(sight.code) ? [] : [refusedAs('bundle', sight, site.folder)];
}

function ofFloor({ folder, sight }: Site, floor: Exclude<Site['floor'], Refused>): Finding {
  if (sight instanceof Refused && sight.code === 'state_other_registry')
    return refusedAs('floor', sight, folder);
  if (floor.kind === 'whole') {
    const { since, signedAt, roles, revocations } = floor.floor;
    return ok(
      'floor',
      `Whole, since ${timeOf(since)}: nothing older is known here. Nothing signed before ${timeOf(signedAt)} loads; ${count(roles.size, 'role')} and ${count(revocations.size, 'revocation')} are remembered.`,
    );
  }
  const nothing = sight instanceof Refused || (sight.bundle === null && sight.incoming === null);
  if (floor.kind === 'missing' && nothing) return ok('floor', 'None yet: the first load makes one.');
  const what = floor.kind === 'missing' ? 'The floor file is missing' : 'The floor file is torn or altered';
  const kept = sight instanceof Refused ? null : sight.current();
  return kept === null
    ? act('now', 'floor', `${what}.`, reasons.floor_missing.sentence, { code: 'floor_missing' })
    : act(
        'soon',
        'floor',
        `${what}. The next start makes a new one of the stored bundle, and nothing older will be known here.`,
        'Find out who changed the state folder; load the newest bundle.',
        { code: 'floor_missing' },
      );
}

function ofBundle({ deployment, folder, now }: Site, sight: Sight): Finding {
  const { bundle, incoming, current, floor } = sight;
  const opened = current();
  if (opened === null) {
    const refused = bundle?.opened ?? incoming?.opened;
    if (refused instanceof Refused) {
      return refusedAs('bundle', refused, folder);
    }
    const id = typeof deployment === 'string' ? deployment : 'that activate prints';
    const todo = `Send the deployment id ${id} to the vendor, and load the bundle made for it: ${programName()} load.`;
    return act('now', 'bundle', 'No bundle is loaded: no app is admitted.', todo, { code: 'no_bundle' });
  }
  const { versions, customer, signedAt } = opened;
  const loadedAt = sight.loadedAt();
  const since = loadedAt === null ? '' : `, here since ${moment(loadedAt)}`;
  const what = `Allowlist ${versions.timestamp} for ${customer.name} (${customer.id}), signed ${timeOf(signedAt)}, ${duration(Math.max(0, now - signedAt))} ago${since}`;
  const agrees =
    floor.kind === 'whole' && Buffer.compare(writeFloor(opened.nextFloor), writeFloor(floor.floor)) === 0;
  if (agrees || floor.kind !== 'whole' || incoming?.opened === opened)
    return ok('bundle', `${what}.${agrees ? ' It opens, and the floor agrees.' : ''}`);
  return act(
    'soon',
    'bundle',
    `${what}. The floor is below it: a load was cut short, or the file was put there by hand.`,
    'Load the bundle again; the next start of the server would raise the floor, too.',
  );
}

function ofIncoming(folder: string, { incoming }: Sight): Finding {
  if (isTaken(folder)) return ok('incoming', 'A load is under way at this moment.');
  if (incoming === null) return ok('incoming', 'No load was cut short.');
  const refused = incoming.opened instanceof Refused ? incoming.opened : null;
  return act(
    'soon',
    'incoming',
    refused === null
      ? 'A load was cut short: the next start of the server finishes it.'
      : `A load was cut short, and left nothing of use (${refused.code}): the next start of the server removes it.`,
    'Load the bundle again.',
    refused === null ? {} : { code: refused.code },
  );
}

function ofReplay(folder: string): Finding {
  const saved = attempt(() => readState(folder, stateFiles.replay));
  if (saved instanceof Refused) return refusedAs('replay', saved, folder);
  if (saved === null) {
    const says =
      'No used nonces are kept: the server runs, or ended without closing and refuses for its first 30 s what was signed before.';
    return ok('replay', says);
  }
  return restoreReplayTable(saved) === undefined
    ? act(
        'soon',
        'replay',
        'The kept nonces are torn or altered: the next start of the server takes none of them.',
        'Nothing: for 30 s after its start the server refuses what was signed before it.',
        { code: 'proof_before_start' },
      )
    : ok(
        'replay',
        'The used nonces are kept: the server was closed in good order, and its next start takes them.',
      );
}

function ofProcesses({ folder, system }: Site): Finding {
  const seen = sharedAt(folder, system * 1000);
  return seen === null
    ? ok('processes', 'Nobody has seen two processes check over this folder without sharing nonces.')
    : act(
        'soon',
        'processes',
        `At ${seen} two processes checked over this folder, each alone: each admits a captured request once.`,
        'Let one process serve, or let them share nonces (the page on several processes says how). This is told for a day after it was last seen.',
      );
}

function ofOrigin({ origin, originRefused, opened, deployment }: Site): Finding {
  const licensed = opened?.license.custom.deployments.find(({ id }) => id === deployment)?.origins ?? [];
  const list = licensed.length === 0 ? '' : ` Licensed here: ${licensed.join(', ')}.`;
  if (originRefused !== null) {
    const seen =
      originRefused.code === 'origin_malformed' ? `${originRefused.seen} is no origin.` : originRefused.seen;
    return act('now', 'origin', `${seen}${list}`, reasons[originRefused.code].sentence, {
      code: originRefused.code,
    });
  }
  if (origin === null) return ok('origin', `None was given to be judged (--origin).${list}`);
  return ok('origin', opened === null ? `${origin}.` : `${origin} is licensed for this deployment.`);
}
