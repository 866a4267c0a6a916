import { canonical, timeOf, type JsonValue } from '@appwarrant/verifier/formats';
import { describe, expect, test } from 'vitest';

import { checkList } from '../../src/approve/check-list.ts';
import type { WhyNot } from '../../src/approve/will-not-sign.ts';
import { CONFIGURATION, entry, grant, license, NOW } from './statements.ts';

const check = (values: readonly unknown[]) => checkList(values, CONFIGURATION, NOW);

async function expectRefused(values: readonly unknown[], why: WhyNot): Promise<void> {
  await expect(check(values)).rejects.toMatchObject({ name: 'WillNotSign', why });
}

describe('the approving page puts before a passkey', () => {
  test.each([
    ['an entry', [entry()]],
    ['a list of entries', [entry(1), entry(2), entry(3)]],
    ['a licence', [license()]],
    ['a grant', [grant()]],
    ['a grant of longer grace', [grant({ effect: { kind: 'grace', grace: 86_400 } })]],
  ])('%s, as the very bytes that it shows', async (_, values) => {
    const statements = await check(values);
    expect(statements.map(({ bytes }) => bytes)).toEqual(
      values.map((value) => canonical(value as JsonValue)),
    );
  });

  test('a list of 1,024', async () => {
    expect(await check(Array.from({ length: 1024 }, (_, index) => entry(index)))).toHaveLength(1024);
  });
});

describe('the approving page will not have signed', () => {
  test('nothing, or more than 1,024', async () => {
    await expectRefused([], 'list_length');
    await expectRefused(
      Array.from({ length: 1025 }, (_, index) => entry(index)),
      'list_length',
    );
  });

  test('what is for another registry, or another environment', async () => {
    await expectRefused([entry(1, {}, { registry: 'e'.repeat(64) })], 'other_registry');
    await expectRefused([entry(1), entry(2, {}, { registry: 'e'.repeat(64) })], 'other_registry');
    await expectRefused([entry(1, {}, { environment: 'production' })], 'other_environment');
  });

  test('what claims to be issued in the future, by the clock of this machine', async () => {
    for (const ahead of [1, 3600]) {
      const issued = timeOf(NOW + ahead);
      await expectRefused([entry(1, { issued, validFrom: issued })], 'issued_ahead');
    }
    await expect(check([entry(1, { issued: timeOf(NOW) })])).resolves.toHaveLength(1);
  });

  test('what was issued more than 7 days ago', async () => {
    await expectRefused([entry(1, { issued: timeOf(NOW - 7 * 86_400 - 1) })], 'issued_long_ago');
    await expect(check([entry(1, { issued: timeOf(NOW - 7 * 86_400) })])).resolves.toHaveLength(1);
  });

  test('one statement twice, also when it differs in what nobody compares', async () => {
    const once = entry(1);
    await expectRefused([once, structuredClone(once)], 'repeated');
    await expectRefused([entry(1), entry(1, { review: 'e'.repeat(64) })], 'repeated');
  });

  test('kinds that are mixed', async () => {
    await expectRefused([entry(), license()], 'mixed_kinds');
    await expectRefused([license(), grant()], 'mixed_kinds');
  });

  test('two grants with one touch', async () => {
    await expectRefused([grant(), grant({ reason: 'Another one.' })], 'list_length');
  });

  test('a member that it does not know, and so could not show', async () => {
    await expectRefused([entry(1, { approvals: [] })], 'malformed');
    await expectRefused([entry(1, {}, { note: 'trust me' })], 'malformed');
    await expectRefused([license({ effect: { kind: 'breakGlass' } })], 'malformed');
    await expectRefused(
      [entry(1, { partner: { id: `p-${'a'.repeat(26)}`, name: 'Northwind', also: 'x' } })],
      'malformed',
    );
  });

  test('a member that is missing, or of another type', async () => {
    await expectRefused([entry(1, { capabilities: 'orders:read' })], 'malformed');
    await expectRefused([entry(1, { expires: 1_800_000_000 })], 'malformed');
    await expectRefused([entry(1, { assurance: undefined })], 'malformed');
    await expectRefused([null], 'malformed');
    await expectRefused(['statement'], 'malformed');
  });

  test('names that look otherwise than they are written', async () => {
    for (const name of ['Field\u202eecivreS', 'Field\u200bService', 'Field\u0000Service', '\ufeffField']) {
      await expectRefused([entry(1, { app: { id: 'field-service', name } })], 'malformed');
    }
  });

  test('what stands at another place than it says', async () => {
    await expectRefused([entry(1, {}, { role: `p-${'z'.repeat(26)}` })], 'misplaced');
    await expectRefused([entry(1, {}, { hashes: { sha256: 'f'.repeat(64) } })], 'misplaced');
    await expectRefused([entry(1, { app: { id: 'other', name: 'Other' } })], 'misplaced');
    await expectRefused([license({}, { length: 1 })], 'misplaced');
  });

  test('a licence whose path names other terms than its own', async () => {
    const cheap = license({ grace: 86_400 });
    const dear = license({ grace: 90 * 86_400 });
    await expectRefused([{ ...cheap, custom: dear['custom'] }], 'misplaced');
  });

  test('a number that has no canonical spelling', async () => {
    for (const fresh of [1.5, 2 ** 60, -1]) {
      const whole = license();
      await expectRefused([{ ...whole, custom: { ...(whole['custom'] as object), fresh } }], 'malformed');
    }
  });
});
