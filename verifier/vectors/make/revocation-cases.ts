import type { JsonObject, JsonValue } from '../../src/json.ts';
import { statementDigest } from '../../src/statement.ts';
import { statementFor } from '../../test/compose/vendor.ts';
import { foundOf } from './found.ts';
import { digestOf, idOf, keyOf } from './keys.ts';
import { accepted, refused, type Made } from './vector-case.ts';
import { addGrant, makeWorld, partner } from './world.ts';

// Revocations and what they void (SPEC §2.3, §5). Everything here was issued at the new year of 2030.

const area = 'revocation';
const issued = '2030-01-01T00:00:00Z';
const before = '2029-12-31T23:59:59Z';
const later = '2030-06-01T00:00:00Z';

const world = makeWorld();
const grant = addGrant(world.vendor);
const digestOfStatement = (of: 'entry' | 'license'): string =>
  statementDigest(statementFor(world.vendor, world[of]));

const inputOf = (revocations: JsonValue, target = world.entry): JsonObject => ({
  kind: 'revocation',
  revocations,
  found: foundOf(world, target),
});

/** Subjects that are the entry's, and others of the same kind that are not. */
const subjects: readonly (readonly [kind: string, own: JsonObject, other: JsonObject])[] = [
  [
    'statement',
    { kind: 'statement', digest: digestOfStatement('entry') },
    { kind: 'statement', digest: world.entry.digest },
  ],
  [
    'artifact',
    { kind: 'artifact', digest: world.entry.digest },
    { kind: 'artifact', digest: digestOfStatement('entry') },
  ],
  [
    'app',
    { kind: 'app', partner, app: 'orders' },
    { kind: 'app', partner: idOf('p', 'other'), app: 'orders' },
  ],
  ['partner', { kind: 'partner', partner }, { kind: 'partner', partner: idOf('p', 'other') }],
  [
    'identity',
    { kind: 'identity', thumbprint: keyOf('app').thumbprint },
    { kind: 'identity', thumbprint: keyOf('second').thumbprint },
  ],
];

const malformed: readonly (readonly [name: string, about: string, right: JsonValue, wrong: JsonValue])[] = [
  [
    'subject-unknown',
    'Its subject is of a kind that no reader knows.',
    [{ subject: { kind: 'partner', partner: idOf('p', 'other') }, through: later }],
    [{ subject: { kind: 'customer', customer: idOf('c', 'other') }, through: later }],
  ],
  [
    'subject-of-other-kind',
    "An app's revocation names no partner.",
    [{ subject: { kind: 'app', app: 'x', partner: idOf('p', 'other') }, through: later }],
    [{ subject: { kind: 'app', app: 'x' }, through: later }],
  ],
  [
    'further-member',
    'It has a member that no reader knows.',
    [{ subject: { kind: 'artifact', digest: digestOf('x') }, through: later }],
    [{ subject: { kind: 'artifact', digest: digestOf('x') }, through: later, reason: 'a' }],
  ],
  [
    'through-absent',
    'It does not say until when.',
    [{ subject: { kind: 'artifact', digest: digestOf('x') }, through: later }],
    [{ subject: { kind: 'artifact', digest: digestOf('x') } }],
  ],
  [
    'through-fraction',
    'It says until when with fractions of a second.',
    [{ subject: { kind: 'artifact', digest: digestOf('x') }, through: later }],
    [{ subject: { kind: 'artifact', digest: digestOf('x') }, through: '2030-06-01T00:00:00.5Z' }],
  ],
  [
    'digest-upper-case',
    'A digest is in upper-case digits.',
    [{ subject: { kind: 'artifact', digest: digestOf('x') }, through: later }],
    [{ subject: { kind: 'artifact', digest: digestOf('x').toUpperCase() }, through: later }],
  ],
  ['no-list', 'The revocations are no list.', [], {}],
];

export function revocationCases(): Made[] {
  const spec = ['5'];
  return [
    accepted({ area, name: 'none', about: 'Nothing is revoked.', spec, input: inputOf([]) }),
    accepted({
      area,
      name: 'others',
      about: 'Something else is revoked of every kind.',
      spec,
      input: inputOf(subjects.map(([, , subject]) => ({ subject, through: later }))),
    }),
    accepted({
      area,
      name: 'all-before',
      about: 'Every subject is revoked, until a second before the entry was issued.',
      spec,
      input: inputOf(subjects.map(([, subject]) => ({ subject, through: before }))),
    }),
    accepted({
      area,
      name: 'licence-of-partner',
      about: 'A licence is about no partner: revoking one voids it not.',
      spec,
      input: inputOf([{ subject: { kind: 'partner', partner }, through: later }], world.license),
    }),
    ...subjects.map(([kind, own, other]) =>
      refused({
        area,
        code: 'revoked',
        name: kind,
        about: `The entry's ${kind} is revoked, until the second in which the entry was issued.`,
        spec,
        make: (defect) => inputOf([{ subject: defect(other, own), through: issued }]),
      }),
    ),
    refused({
      area,
      code: 'revoked',
      name: 'licence',
      about: 'A licence is revoked, as the statement that it is.',
      spec,
      make: (defect) =>
        inputOf(
          [
            {
              subject: { kind: 'statement', digest: defect(digestOf('x'), digestOfStatement('license')) },
              through: later,
            },
          ],
          world.license,
        ),
    }),
    refused({
      area,
      code: 'revoked',
      name: 'grant',
      about: 'A grant is revoked, as the statement that it is.',
      spec,
      make: (defect) =>
        inputOf(
          [
            {
              subject: {
                kind: 'statement',
                digest: defect(digestOf('x'), statementDigest(statementFor(world.vendor, grant))),
              },
              through: later,
            },
          ],
          grant,
        ),
    }),
    refused({
      area,
      code: 'revoked',
      name: 'latest-counts',
      about: 'Of two revocations of one subject, the later one reaches the entry, and stands first.',
      spec,
      make: (defect) =>
        inputOf([
          { subject: { kind: 'partner', partner }, through: defect(before, later) },
          { subject: { kind: 'partner', partner }, through: before },
        ]),
    }),
    ...malformed.map(([name, about, right, wrong]) =>
      refused({
        area,
        code: 'revocation_malformed',
        name,
        about,
        spec: ['2.3'],
        make: (defect) => inputOf(defect(right, wrong)),
      }),
    ),
  ];
}
