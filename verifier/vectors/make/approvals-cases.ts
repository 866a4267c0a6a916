import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { approve, rosterOf, type Person, type TestTarget } from '../../test/compose/vendor.ts';
import { foundOf } from './found.ts';
import { accepted, refused, type Defect, type Made } from './vector-case.ts';
import { addBuild, addGrant, addLicense, makeWorld, passkeyOf, personOf, type World } from './world.ts';

// All approvals of one statement, against the threshold for its kind (SPEC §4.1, §4.4).

const area = 'approvals';
const [ada, ben, cleo] = [personOf('Ada Approver'), personOf('Ben Approver'), personOf('Cleo Approver')];
/** Ada again, with her second passkey. */
const adaToo: Person = { ...ada, passkey: passkeyOf('Ada’s second') };
const retired = (person: Person): Person => ({
  ...person,
  status: { kind: 'retired', at: '2030-01-01T00:00:00Z' },
});

/** A roster's people, a statement, and who approved it. */
function inputOf(
  people: readonly Person[],
  approvers: readonly Person[],
  add: (world: World) => TestTarget = (world) => addBuild(world.vendor, world.key, 'second'),
  change: (approvals: readonly JsonValue[]) => JsonValue = (approvals) => approvals,
): JsonObject {
  const world = makeWorld({ vendor: { people: [...people] } });
  const target = add(world);
  approve(world.vendor, [target], approvers);
  const roster = rosterOf(world.vendor);
  // Both of Ada's passkeys are hers.
  const approvers2 = roster.approvers.map((one) =>
    one.id === ada.id ? { ...one, keys: [ada.passkey.listed, adaToo.passkey.listed] } : one,
  );
  return {
    kind: 'approvals',
    found: foundOf(world, target),
    roster: { ...roster, approvers: approvers2 },
    approvals: change(target.approvals),
  };
}

function missing(
  name: string,
  about: string,
  counts: readonly [found: number, needed: number, because: string],
  make: (defect: Defect) => JsonObject,
): Made {
  const [found, needed, because] = counts;
  return refused({
    area,
    code: 'approvals_missing',
    name,
    about,
    spec: ['4.3', '4.4'],
    make,
    members: { found, needed, because },
  });
}

export function approvalsCases(): Made[] {
  const people = [ada, ben, cleo];
  const sorted = (...some: readonly Person[]) => some.map(({ id }) => id);
  const malformed = (
    code: ReasonCode,
    name: string,
    about: string,
    wrong: (right: readonly JsonValue[]) => JsonValue,
  ) =>
    refused({
      area,
      code,
      name,
      about,
      spec: ['4.1'],
      make: (defect) =>
        inputOf(
          people,
          [ada, ben],
          undefined,
          defect((right: readonly JsonValue[]): JsonValue => right, wrong),
        ),
    });
  return [
    accepted({
      area,
      name: 'two-people',
      about: 'Two people approved an entry.',
      spec: ['4.4'],
      input: inputOf(people, [ada, ben]),
      facts: { people: sorted(ada, ben), uncounted: [] },
    }),
    accepted({
      area,
      name: 'licence-by-one',
      about: 'One person approved a licence.',
      spec: ['4.4'],
      input: inputOf(people, [ben], ({ vendor }) => addLicense(vendor)),
      facts: { people: sorted(ben), uncounted: [] },
    }),
    accepted({
      area,
      name: 'retired-beside-active',
      about: 'Somebody who retired later counts beside somebody active.',
      spec: ['4.3'],
      input: inputOf([retired(ada), ben], [ada, ben]),
      facts: { people: sorted(ben, ada), uncounted: [] },
    }),
    accepted({
      area,
      name: 'beside-one-that-does-not-count',
      about: 'An approval that does not count takes nothing from the others.',
      spec: ['4.3', '4.4'],
      input: inputOf(people, [ada, ben, cleo], undefined, ([first, ...others]) => [
        { ...(first as JsonObject), index: 1 },
        ...others,
      ]),
      facts: { people: sorted(ben, cleo), uncounted: ['approval_inclusion'] },
    }),
    missing('none', 'Nobody approved it.', [0, 2, ''], (defect) => inputOf(people, defect([ada, ben], []))),
    missing('one-of-two', 'One person approved it where two are needed.', [1, 2, ''], (defect) =>
      inputOf(people, defect([ada, ben], [ada])),
    ),
    missing('one-person-twice', 'One person approved it with two passkeys.', [1, 2, ''], (defect) =>
      inputOf(people, defect([ada, ben], [ada, adaToo])),
    ),
    missing('one-approval-twice', 'One approval stands twice.', [1, 2, ''], (defect) =>
      inputOf(
        people,
        [ada, ben],
        undefined,
        defect(
          (all: readonly JsonValue[]) => all,
          ([first = null]) => [first, first],
        ),
      ),
    ),
    missing('retired-alone', 'All who approved it have retired.', [0, 2, 'approval_retired'], (defect) =>
      inputOf([retired(ada), defect(ben, retired(ben))], [ada, ben]),
    ),
    missing(
      'compromised',
      'One of two who approved it is compromised.',
      [1, 2, 'approval_unknown_approver'],
      (defect) => inputOf([ada, defect(ben, { ...ben, status: { kind: 'compromised' } })], [ada, ben]),
    ),
    missing(
      'one-does-not-verify',
      'The signature of one of two is not valid.',
      [1, 2, 'approval_signature'],
      (defect) =>
        inputOf(people, [ada, defect(ben, { ...ben, passkey: { ...ben.passkey, sign: cleo.passkey.sign } })]),
    ),
    missing('grant-by-one', 'One person approved a grant where two are needed.', [1, 2, ''], (defect) =>
      inputOf(people, defect([ada, ben], [ada]), ({ vendor }) => addGrant(vendor)),
    ),
    malformed('approval_malformed', 'thirty-three', 'There are 33 approvals.', (right) =>
      Array.from({ length: 33 }, (_, i) => right[i % 2] as JsonValue),
    ),
    malformed('approval_malformed', 'no-list', 'The approvals are no list.', (right) => ({
      first: right[0] as JsonValue,
    })),
  ];
}
