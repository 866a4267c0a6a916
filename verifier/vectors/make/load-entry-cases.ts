import type { EntryCustom } from '../../src/custom.ts';
import type { JsonObject } from '../../src/json.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { timeOf } from '../../src/time.ts';
import { approve, type TestTarget } from '../../test/compose/vendor.ts';
import { digestOf, idOf, keyOf } from './keys.ts';
import { acceptedLoad } from './load-case.ts';
import type { Made } from './vector-case.ts';
import { addBuild, bundleNow, day, loadInput, makeWorld, newYear, partner, type World } from './world.ts';

// Entries that are refused alone, while the bundle loads (SPEC §3.1, §4.4).

/** An entry with a key of its own. */
function entryWith(world: World, label: string, changes: Partial<EntryCustom>): TestTarget {
  return addBuild(world.vendor, keyOf(label), label, changes);
}

export function loadEntryCases(): Made[] {
  return [inOrder(), nullTarget()];
}

/** Every two conditions that are neighbours, both broken: the first is told. */
function inOrder(): Made {
  const world = makeWorld();
  const customers = [idOf('c', 'other')];
  const future = { issued: timeOf(newYear + 1), validFrom: timeOf(newYear + 1) };
  const tooLong = { expires: timeOf(newYear + 801 * day) };
  const elsewhere = (target: TestTarget): TestTarget =>
    Object.assign(target, { path: target.path.replace('/orders/', '/invoices/') });
  const revoked = (target: TestTarget): TestTarget => {
    const through = timeOf(newYear);
    world.vendor.revocations.push({ subject: { kind: 'artifact', digest: target.digest }, through });
    return target;
  };
  const signed = (target: TestTarget): TestTarget => {
    approve(world.vendor, [target]);
    return target;
  };
  const two: readonly (readonly [ReasonCode, TestTarget])[] = [
    ['statement_malformed', elsewhere(entryWith(world, 'malformed', { review: 'x' }))],
    ['statement_misplaced', elsewhere(signed(entryWith(world, 'misplaced', { customers })))],
    ['not_licensed_here', signed(entryWith(world, 'other customer', { customers, ...future }))],
    ['statement_from_future', signed(entryWith(world, 'future', { ...future, ...tooLong }))],
    ['statement_too_long_valid', revoked(signed(entryWith(world, 'too long', tooLong)))],
    ['revoked', revoked(entryWith(world, 'revoked', {}))],
  ];
  return acceptedLoad(
    'entries-with-two-defects',
    'Each of six entries has two defects, which are neighbours in the order in which they are judged: the first is told.',
    ['3.1', '4.4'],
    loadInput(world, [{ bundle: bundleNow(world) }]),
    {
      approved: [{ path: world.entry.path, people: world.vendor.people.map(({ id }) => id).sort() }],
      refused: two.map(([code, { path }]) => ({ path, code })).sort((a, b) => (a.path < b.path ? -1 : 1)),
    },
  );
}

function nullTarget(): Made {
  const world = makeWorld();
  const path = `${partner}/orders/${digestOf('nothing')}`;
  const bundle = bundleNow(world, (role, signed) =>
    role === partner ? { ...signed, targets: { ...(signed.targets as JsonObject), [path]: null } } : signed,
  );
  return acceptedLoad(
    'target-null',
    "A target of a partner's role is null: it is refused alone.",
    ['2', '3.1'],
    loadInput(world, [{ bundle }]),
    { refused: [{ path, code: 'statement_malformed' }] },
  );
}
