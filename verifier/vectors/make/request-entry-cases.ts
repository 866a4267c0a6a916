import { timeOf } from '../../src/time.ts';
import type { EntryCustom, Platform } from '../../src/custom.ts';
import { alsoWithHeader } from '../../test/http/sign.ts';
import { approve, type TestTarget } from '../../test/compose/vendor.ts';
import { digestOfTarget } from './found.ts';
import { digestOf, idOf } from './keys.ts';
import { acceptedRequest, check, noon, refusedRequest, requestInput, sign } from './request-case.ts';
import type { Made } from './vector-case.ts';
import { addBuild, day, makeWorld, newYear, type World } from './world.ts';

// Several entries of one key: which of them speaks, and for what (SPEC §4.5, §10.7).

function second(world: World, changes: Partial<EntryCustom>, label = 'second'): TestTarget {
  const target = addBuild(world.vendor, world.key, label, changes);
  approve(world.vendor, [target]);
  return target;
}

const buildOf = (label: string, platform: Platform) => ({
  build: { id: idOf('b', label), version: '1.0.0', platform },
});

export function requestEntryCases(): Made[] {
  return [equal(), newest(), reason(), dates(), otherApp(), cookie()];
}

function equal(): Made {
  const world = makeWorld();
  const [first] = [world.entry, second(world, {})].sort((a, b) => (a.path < b.path ? -1 : 1));
  return acceptedRequest(
    'first-of-equal-builds',
    'Two builds of the key were issued in one second: the one whose path sorts first speaks.',
    ['4.5'],
    requestInput(world, [check(sign(world))]),
    { build: 'unproven', entry: digestOfTarget(world, first as TestTarget) },
  );
}

function newest(): Made {
  const dated = (issued: number) => ({ issued: timeOf(issued), validFrom: timeOf(newYear) });
  const world = makeWorld({ entry: dated(newYear - day) });
  // Among these some have paths that sort behind that of the first build.
  const labels = ['second', 'third', 'fourth', 'fifth'];
  const later = labels
    .map((label) => second(world, dated(newYear), label))
    .filter(({ path }) => path > world.entry.path)
    .slice(0, 1);
  world.vendor.targets = [world.license, world.entry, ...later];
  return acceptedRequest(
    'newest-build',
    'The build of the key that was issued last speaks, though its path sorts behind the other.',
    ['4.5'],
    requestInput(world, [check(sign(world))]),
    { build: 'unproven', entry: digestOfTarget(world, later[0] as TestTarget) },
  );
}

function reason(): Made {
  return refusedRequest(
    ['revoked', 403],
    'newest-of-two-refused',
    'Two entries of the key are refused: the older for want of approvals, the newer because it is revoked. The newer gives the reason.',
    ['4.5'],
    (defect) => {
      const older = { issued: timeOf(newYear - day), validFrom: timeOf(newYear) };
      const world = makeWorld({ entry: older, approvers: [] });
      const newer = second(world, {});
      const digest = defect(digestOf('x'), newer.digest);
      const through = timeOf(newYear);
      world.vendor.revocations = [{ subject: { kind: 'artifact', digest }, through }];
      return requestInput(world, [check(sign(world))]);
    },
  );
}

function dates(): Made {
  return refusedRequest(
    ['not_yet_valid', 403],
    'one-ended-one-to-begin',
    'One build of the key has ended, and the other begins in the next second.',
    ['4.5', '8'],
    (defect) => {
      const world = makeWorld({ entry: { expires: timeOf(noon) } });
      second(world, { validFrom: timeOf(defect(noon, noon + 1)) });
      return requestInput(world, [check(sign(world))]);
    },
  );
}

function otherApp(): Made {
  const world = makeWorld();
  const app = { id: 'invoices', name: 'Invoices' };
  const other = second(world, { app, customers: [idOf('c', 'other')] });
  const subject = { kind: 'artifact' as const, digest: other.digest };
  world.vendor.revocations = [{ subject, through: timeOf(newYear) }];
  return acceptedRequest(
    'other-app-revoked-elsewhere',
    'The key stands under two apps, of which one is revoked, and for another customer besides: it is set aside all the same.',
    ['4.5'],
    requestInput(world, [check(sign(world))]),
    { app: 'orders' },
  );
}

function cookie(): Made {
  return refusedRequest(
    ['proof_coverage', 401],
    'cookie-of-web-and-server',
    'A cookie is not covered, and of the two builds of the key one is for servers.',
    ['10.7'],
    (defect) => {
      const world = makeWorld({ entry: buildOf('first', 'web') });
      second(world, buildOf('second', defect('web', 'server')));
      return requestInput(world, [check(alsoWithHeader(sign(world), 'Cookie', 'session=1'))]);
    },
  );
}
