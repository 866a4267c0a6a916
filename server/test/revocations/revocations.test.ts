import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { BuildAnswer, PublicationDetail, RevocationView } from '../../src/api-types.ts';
import { approve, makeApprover, putUp, type TestApprover } from '../approving.ts';
import {
  codeOf,
  makePartner,
  startTestPortal,
  submitBuild,
  type TestPartner,
  type TestPortal,
} from '../test-portal.ts';

let portal: TestPortal;
let ada: TestApprover;
let partner: TestPartner;

beforeAll(async () => {
  portal = await startTestPortal();
  ada = await makeApprover(portal, 'Ada');
  partner = await makePartner(portal, ada.person, 'Orchid');
});
afterAll(() => portal.close());

interface Revoked {
  readonly id: string;
  readonly statements: number;
  readonly published: number;
}
const revoke = (subject: object, reason = 'because') =>
  ada.person.client.post<Revoked>('/api/v1/revocations', { subject, reason });
const stateOf = async (id: string) =>
  (await ada.person.client.get<BuildAnswer>(`/api/v1/builds/${id}`)).build.state;

async function approvedBuild() {
  const build = await submitBuild(portal, partner);
  await approve(portal, ada, [{ kind: 'build', id: build.id }]);
  return build;
}

describe('a revocation', () => {
  test('of a key takes every build with that key', async () => {
    const build = await approvedBuild();
    const other = await approvedBuild();
    const revoked = await revoke({ kind: 'identity', thumbprint: build.thumbprint });
    expect(revoked.statements).toBe(1);
    expect([await stateOf(build.id), await stateOf(other.id)]).toEqual(['revoked', 'published']);
  });

  test('of an app takes all of its builds, those that wait for approval included', async () => {
    const approved = await approvedBuild();
    const waiting = await submitBuild(portal, partner);
    await putUp(portal, ada.person, [{ kind: 'build', id: waiting.id }]);
    await revoke({ kind: 'app', partner: partner.partner.id, app: partner.app.slug });
    expect([await stateOf(approved.id), await stateOf(waiting.id)]).toEqual(['revoked', 'revoked']);
  });

  test('of a partner does not touch what is approved later', async () => {
    await revoke({ kind: 'partner', partner: partner.partner.id });
    const later = await submitBuild(portal, partner);
    await approve(portal, ada, [{ kind: 'build', id: later.id }]);
    expect(await stateOf(later.id)).toBe('published');
  });

  test('is in the publication that it causes, and says why', async () => {
    const build = await approvedBuild();
    portal.advance(1);
    const { id, published } = await revoke({ kind: 'artifact', digest: build.digest }, 'leaks keys');
    const [newest] = await ada.person.client.get<RevocationView[]>('/api/v1/revocations');
    expect(newest).toMatchObject({ id, reason: 'leaks keys', published, by: { name: 'Ada' } });
    const detail = await ada.person.client.get<PublicationDetail>(`/api/v1/publications/${published}`);
    expect(detail.cause).toBe('revocation');
    expect(detail.removed.map(({ path }) => path)).toEqual([`${partner.partner.id}/orders/${build.digest}`]);
    expect(detail.files.map(({ role }) => role)).toEqual([
      partner.partner.id,
      'registry',
      'snapshot',
      'timestamp',
    ]);
  });

  test('of what there is not, or of malformed input, is refused', async () => {
    expect(await codeOf(revoke({ kind: 'artifact', digest: '0'.repeat(64) }))).toBe(
      'revocation_subject_unknown',
    );
    expect(await codeOf(revoke({ kind: 'partner', partner: `p-${'a'.repeat(26)}` }))).toBe(
      'revocation_subject_unknown',
    );
    expect(await codeOf(revoke({ kind: 'app', partner: partner.partner.id, app: 'nothing' }))).toBe(
      'revocation_subject_unknown',
    );
    expect(await codeOf(revoke({ kind: 'statement', digest: '0'.repeat(64) }))).toBe(
      'revocation_subject_unknown',
    );
    expect(await codeOf(revoke({ kind: 'artifact', digest: 'x' }))).toBe('input_invalid');
    expect(await codeOf(revoke({ kind: 'everything' }))).toBe('input_invalid');
    expect(await codeOf(revoke({ kind: 'partner', partner: partner.partner.id }, ''))).toBe('input_invalid');
    expect(
      await codeOf(partner.person.client.post('/api/v1/revocations', { subject: {}, reason: 'x' })),
    ).toBe('not_allowed');
  });

  test('of a key that stands nowhere is refused, until some build vouches for copies: then any key may be one of theirs', async () => {
    const unknown = { kind: 'identity', thumbprint: 'A'.repeat(43) };
    expect(await codeOf(revoke(unknown))).toBe('revocation_subject_unknown');
    await submitBuild(portal, partner, undefined, '1.0.0', { use: 'attest' });
    const { id, statements } = await revoke(unknown, 'a stolen phone');
    expect(statements).toBe(0);
    const listed = await ada.person.client.get<RevocationView[]>('/api/v1/revocations');
    expect(listed.find((each) => each.id === id)).toMatchObject({
      subject: unknown,
      reason: 'a stolen phone',
    });
  });

  test('needs one admin and no approval', async () => {
    const build = await approvedBuild();
    const other = await portal.admin('No approver');
    const answer = await other.client.post<Revoked>('/api/v1/revocations', {
      subject: { kind: 'artifact', digest: build.digest },
      reason: 'at night',
    });
    expect(answer.statements).toBe(1);
  });
});
