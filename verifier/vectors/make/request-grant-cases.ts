import type { JsonObject } from '../../src/json.ts';
import { timeOf } from '../../src/time.ts';
import { approve, type TestTarget } from '../../test/compose/vendor.ts';
import { acceptedRequest, check, refusedRequest, requestInput, sign } from './request-case.ts';
import type { Made } from './vector-case.ts';
import { addGrant, day, makeWorld, newYear, type World } from './world.ts';
import { digestOfTarget } from './found.ts';

// Which of several grants speaks, and what none admits (SPEC §10.10).

const unsigned = { method: 'GET', target: '/orders', headers: [] };

function monitor(world: World, issued: number, reason: string): TestTarget {
  const dates = { issued: timeOf(issued), expires: timeOf(newYear + day) };
  return addGrant(world.vendor, { ...dates, reason });
}

/** Two monitor grants, of which the first has the path that sorts first. */
function twoGrants(world: World, issued: readonly [first: number, last: number]): [TestTarget, TestTarget] {
  for (let i = 0; ; i += 1) {
    const first = monitor(world, issued[0], 'Introducing the verifier');
    const last = monitor(world, issued[1], `Introducing it again, ${String(i)}`);
    if (first.path < last.path) return [first, last];
    world.vendor.targets.splice(-2);
  }
}

export function requestGrantCases(): Made[] {
  const several = (name: string, about: string, issued: readonly [number, number], speaking: 0 | 1): Made => {
    const world = makeWorld();
    const grants = twoGrants(world, issued);
    for (const grant of grants) approve(world.vendor, [grant]);
    const facts: JsonObject = { kind: 'monitored', grant: digestOfTarget(world, grants[speaking]) };
    return acceptedRequest(name, about, ['10.10'], requestInput(world, [check(unsigned)]), facts);
  };
  const granted = (world: World): void => {
    const grant = monitor(world, newYear, 'Introducing the verifier');
    approve(world.vendor, [grant]);
  };
  return [
    several(
      'newest-grant',
      'Two monitor grants are in force: the one that was issued later speaks, whose path sorts last.',
      [newYear - day, newYear],
      1,
    ),
    several(
      'first-of-equal-grants',
      'Two monitor grants of one age are in force: the one whose path sorts first speaks.',
      [newYear, newYear],
      0,
    ),
    refusedRequest(
      ['too_large', 413],
      'despite-a-grant',
      'A monitor grant admits no request whose target URI is a byte longer than 8 KiB.',
      ['10.10', '12'],
      (defect, world) => {
        granted(world);
        const target = `/${'a'.repeat(8192 - world.origin.length - defect(1, 0))}`;
        return requestInput(world, [check(sign(world, { target }))]);
      },
    ),
    refusedRequest(
      ['body_incomplete', 400],
      'despite-a-grant',
      'A monitor grant admits no request of which a byte is missing.',
      ['10.9', '10.10'],
      (defect, world) => {
        granted(world);
        const request = sign(world, { method: 'POST', body: '{}' });
        return requestInput(world, [check({ ...request, body: Buffer.from(defect('{}', '{')) })]);
      },
    ),
  ];
}
