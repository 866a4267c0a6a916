import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { judgeReceipts, type ReceiptVerdict } from '../../src/cli/receipt/judge-receipt.ts';
import { openMetadata, type MetadataAtHand } from '../../src/cli/receipt/metadata-at-hand.ts';
import { secondsOf, timeOf, type Revocation } from '../../src/formats.ts';
import type { Receipt } from '../../src/http/receipt.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import {
  addEntry,
  anchorOf,
  approve,
  createVendor,
  day,
  entryCustom,
  makeAppKey,
} from '../compose/vendor.ts';
import { attest, type ToAttest } from '../http/attest.ts';
import { attesting } from '../http/attested-site.ts';
import { makeKey, newNonce } from '../http/sign.ts';
import { makeSite, nextBundle, start, type Site } from '../state/site.ts';
import { signNow } from '../tricks/honest.ts';
import { again, forgeReceipt, receiptOf, resigned } from './make-receipts.ts';

const metadata = (site: Site, bundle = nextBundle(site)): MetadataAtHand =>
  openMetadata(bundle, anchorOf({ ...site.vendor, roots: site.vendor.roots.slice(0, 1) }));
const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const nowOf = (): number => Math.floor(Date.now() / 1000);

function judge(value: unknown, by: MetadataAtHand, now = nowOf()): Promise<ReceiptVerdict> {
  return judgeReceipts(by, now)(bytesOf(value));
}

async function expectFails(code: ReasonCode, value: unknown, by: MetadataAtHand): Promise<void> {
  const verdict = await judge(value, by);
  expect(verdict).toMatchObject({ kind: 'failed', why: { code } });
}

async function expectUndecided(code: ReasonCode, value: Receipt, by: MetadataAtHand): Promise<void> {
  const verdict = await judge(value, by);
  expect(verdict).toMatchObject({ kind: 'undecided', why: { code } });
  // It names the metadata that would tell, and what was there instead.
  const { message } = (verdict as { why: { message: string } }).why;
  expect(message).toContain(`timestamp ${String(value.versions.timestamp)}`);
  expect(message).toContain(`at hand is timestamp ${String(by.versions.timestamp)}`);
}

/** Takes all builds from the allowlist, as the vendor may. */
function withdrawAll({ vendor }: Site): void {
  vendor.targets = vendor.targets.filter(({ role }) => !role.startsWith('p-'));
}

/** A site that admitted a request, and the metadata by which it did. */
function makeReceived() {
  const site = makeSite();
  const verifier = start(site);
  const bundle = nextBundle(site);
  verifier.load(bundle);
  const receipt = receiptOf(verifier, signNow(site));
  const { entry, versions } = receipt;
  return { site, verifier, bundle, receipt, by: metadata(site, bundle), says: { entry, versions } };
}

describe('A receipt', () => {
  let received: ReturnType<typeof makeReceived>;
  beforeAll(() => {
    received = makeReceived();
  });

  test('of the real verifier is verified, with what it is about', async () => {
    const { receipt, by } = received;
    expect(await judge(receipt, by)).toMatchObject({
      kind: 'verified',
      standing: 'inForce',
      base: { method: 'GET', target: '/orders?open=1', hasBody: false, attestation: null },
      custom: { build: { version: '1.0.0' } },
    });
  });

  test('with a body, Authorization and a cookie is verified, and contains none of them', async () => {
    const { site, verifier, by } = received;
    const receipt = receiptOf(
      verifier,
      signNow(site, {
        method: 'POST',
        body: 'secret body',
        headers: [
          ['Authorization', 'Bearer secret-token'],
          ['Cookie', 'session=secret-cookie'],
        ],
      }),
    );
    expect(JSON.stringify(receipt)).not.toContain('secret');
    expect(await judge(receipt, by)).toMatchObject({ kind: 'verified', base: { hasBody: true } });
  });

  test('as the sidecar hands it on, in base64url, is the same', async () => {
    const { receipt, by } = received;
    const packed = Buffer.from(JSON.stringify(receipt)).toString('base64url');
    const verdict = await judgeReceipts(by, nowOf())(Buffer.from(`${packed}\r`));
    expect(verdict).toMatchObject({ kind: 'verified', receipt });
  });

  test.each<[string, ReasonCode, (receipt: Receipt) => unknown]>([
    ['that is no object', 'value_malformed', () => []],
    ['with another type', 'value_malformed', (receipt) => ({ ...receipt, type: 'appwarrant/receipt/2' })],
    ['with a member more', 'value_malformed', (receipt) => ({ ...receipt, extra: 1 })],
    ['with a member less', 'value_malformed', (receipt) => ({ ...receipt, entry: undefined })],
    ['with a base that is no text', 'value_malformed', (receipt) => ({ ...receipt, base: 5 })],
    [
      'with a version 0',
      'value_malformed',
      ({ versions, ...of }) => ({ ...of, versions: { ...versions, root: 0 } }),
    ],
    ['with a time that is none', 'value_malformed', (receipt) => ({ ...receipt, receivedAt: 'yesterday' })],
    [
      'with a signature in a second spelling',
      'value_malformed',
      (of) => ({ ...of, signature: `${of.signature.slice(0, 85)}_` }),
    ],
    ['of another registry', 'wrong_registry', (receipt) => ({ ...receipt, registry: 'a'.repeat(64) })],
    ['with another signature', 'signature_invalid', (of) => ({ ...of, signature: `${'A'.repeat(85)}A` })],
    [
      'with another method in its base',
      'signature_invalid',
      (of) => ({ ...of, base: of.base.replace('GET', 'PUT') }),
    ],
    [
      'beside whose base stands another key',
      'signature_invalid',
      (of) => ({ ...of, keyid: makeKey().thumbprint }),
    ],
    [
      'beside whose base stands another deployment',
      'signature_invalid',
      (of) => ({ ...of, deployment: 'A'.repeat(43) }),
    ],
    [
      'without the signature parameters',
      'proof_malformed',
      (of) => ({ ...of, base: of.base.split('\n').slice(0, -1).join('\n') }),
    ],
    ['with a line more than it covers', 'proof_malformed', (of) => ({ ...of, base: `"a": b\n${of.base}` })],
    [
      'with its lines in another order',
      'proof_malformed',
      (of) => ({ ...of, base: of.base.replace(/^(.*)\n(.*)\n/, '$2\n$1\n') }),
    ],
    ['with a line feed at the end', 'proof_malformed', (of) => ({ ...of, base: `${of.base}\n` })],
    [
      'with a character beyond ASCII in its base',
      'proof_malformed',
      (of) => ({ ...of, base: of.base.replace('orders', 'ördérs') }),
    ],
    [
      'with a NUL in its base',
      'proof_malformed',
      (of) => ({ ...of, base: of.base.replace('orders', 'or\0ders') }),
    ],
    [
      'with parameters in another spelling',
      'proof_malformed',
      (of) => ({ ...of, base: of.base.replace(';created', '; created') }),
    ],
    [
      'with another tag',
      'proof_missing',
      (of) => ({ ...of, base: of.base.replace('app-attestation', 'other') }),
    ],
    [
      'signed for a target that no router is given',
      'target_malformed',
      (of) => ({ ...of, base: of.base.replace('/orders', '/../orders') }),
    ],
    [
      'signed for no origin',
      'target_malformed',
      (of) => ({ ...of, base: of.base.replace('https://', 'ftp://') }),
    ],
    [
      'with a method that is none',
      'method_malformed',
      (of) => ({ ...of, base: of.base.replace('GET', 'GET IT') }),
    ],
    [
      'of versions that were never published together',
      'metadata_version',
      ({ versions, ...of }) => ({ ...of, versions: { ...versions, targets: versions.targets + 1 } }),
    ],
    [
      'received later than it is now',
      'proof_from_future',
      (of) => ({ ...of, receivedAt: timeOf(nowOf() + 3600) }),
    ],
    [
      'received long before it was created',
      'proof_from_future',
      (of) => ({ ...of, receivedAt: timeOf(secondsOf(of.receivedAt) - 3600) }),
    ],
  ])('%s fails: %s', async (_, code, change) => {
    await expectFails(code, change(received.receipt), received.by);
  });

  test('of another deployment of the vendor fails', async () => {
    const { site, says, by } = received;
    const other = forgeReceipt({ ...site, deployment: 'A'.repeat(43) }, says, nowOf());
    await expectFails('wrong_deployment', other, by);
  });

  test('that was signed by another key, in the name of a listed one, fails', async () => {
    const { receipt, by } = received;
    await expectFails(
      'signature_invalid',
      resigned(receipt, makeKey(), (base) => base),
      by,
    );
  });

  test('that covers a credential itself fails: no verifier has taken it', async () => {
    const { site, says, by } = received;
    const headers = [['Cookie', 'a=b']] as const;
    const cover = ['@method', '@target-uri', 'appwarrant-deployment', 'cookie'];
    await expectFails('proof_coverage', forgeReceipt(site, says, nowOf(), { headers, cover }), by);
    await expectFails(
      'proof_coverage',
      forgeReceipt(site, says, nowOf(), { cover: ['@method', '@target-uri'] }),
      by,
    );
  });

  test('was created around the time at which it was received, but for challenges and bodies that come slowly', async () => {
    const { site, says, by } = received;
    const at = nowOf();
    const receivedAt = timeOf(at);
    const kindOf = async (created: number, to = {}) =>
      (await judge(forgeReceipt(site, { ...says, receivedAt }, created, to), by)).kind;
    expect(await kindOf(at - 60)).toBe('verified');
    expect(await kindOf(at + 30)).toBe('verified');
    await expectFails('proof_stale', forgeReceipt(site, { ...says, receivedAt }, at - 61), by);
    await expectFails('proof_from_future', forgeReceipt(site, { ...says, receivedAt }, at + 31), by);
    const nonce = `${'a'.repeat(32)}.${newNonce()}`;
    expect(await kindOf(at - 9000, { nonce })).toBe('verified');
    expect(await kindOf(at - 9000, { method: 'POST', body: 'long' })).toBe('verified');
    const end = (expires: number): string =>
      `;created=${String(at - 5)};expires=${String(expires)};nonce="${newNonce()}";keyid="${site.key.thumbprint}";tag="app-attestation"`;
    expect(await kindOf(at - 5, { parameters: end(at + 1) })).toBe('verified');
    await expectFails(
      'proof_stale',
      forgeReceipt(site, { ...says, receivedAt }, at - 5, { parameters: end(at) }),
      by,
    );
  });

  test('was received while the metadata was in force that it names', async () => {
    const { site, says, by } = received;
    const early = by.signedAt - 1;
    await expectFails('clock_behind', forgeReceipt(site, says, early), by);
    const late = by.wall;
    const judged = await judge(forgeReceipt(site, says, late), by, late + 1);
    expect(judged).toMatchObject({ kind: 'failed', why: { code: 'allowlist_expired' } });
  });

  test('with a key that nobody has approved fails where the server had this very metadata, and else cannot be decided', async () => {
    const { site, says, by } = received;
    const stranger = makeAppKey();
    const forged = forgeReceipt(site, says, nowOf(), { key: stranger });
    await expectFails('app_not_approved', forged, by);
    const older = { ...forged, versions: { ...says.versions, timestamp: says.versions.timestamp + 7 } };
    await expectUndecided('app_not_approved', older, by);
  });

  test('that names another statement than its key stands in likewise', async () => {
    const { receipt, by } = received;
    const other = { ...receipt, entry: 'a'.repeat(64) };
    await expectFails('app_not_approved', other, by);
    const elsewhere = { ...other, versions: { ...other.versions, timestamp: 999 } };
    await expectUndecided('app_not_approved', elsewhere, by);
    // But a forgery is one.
    await expectFails('signature_invalid', { ...elsewhere, base: elsewhere.base.replace('GET', 'PUT') }, by);
  });

  test('whose key stands under two apps fails under the metadata that says so: nobody can tell who signed', async () => {
    const { site, receipt } = makeReceived();
    const other = entryCustom(site.vendor, site.key, { app: { id: 'other', name: 'Other' } });
    approve(site.vendor, [addEntry(site.vendor, other)]);
    const by = metadata(site);
    await expectUndecided('key_in_two_apps', receipt, by);
    const { root, targets, timestamp } = by.versions;
    const forged = forgeReceipt(
      site,
      { entry: receipt.entry, versions: { root, targets, timestamp } },
      nowOf(),
    );
    await expectFails('key_in_two_apps', forged, by);
  });

  test('that was signed for an origin of before cannot be decided by the licence of today', async () => {
    const { site, says, by } = received;
    const moved = forgeReceipt({ ...site, origin: 'https://old.customer.example' }, says, nowOf());
    await expectFails('origin_not_licensed', moved, by);
    await expectUndecided(
      'origin_not_licensed',
      { ...moved, versions: { ...says.versions, timestamp: 99 } },
      by,
    );
  });
});

test('Whatever is changed in receipts, none is verified of which the key did not sign every byte', async () => {
  const { site, verifier, by, receipt } = makeReceived();
  const post = receiptOf(verifier, signNow(site, { method: 'POST', body: '{}' }));
  const genuine = new Map([receipt, post].map((each) => [each.base, each]));
  const texts = [receipt, post].map((each) => JSON.stringify(each));
  const judgeAll = judgeReceipts(by, nowOf());
  const change = fc.record({
    which: fc.nat({ max: 1 }),
    at: fc.nat(),
    drop: fc.nat({ max: 4 }),
    put: fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('\\n', '\\"', 'A', '1', '{', ':')),
  });
  let verified = 0;
  await fc.assert(
    fc.asyncProperty(change, async ({ which, at, drop, put }) => {
      const text = texts[which] ?? '';
      const place = at % text.length;
      const verdict = await judgeAll(Buffer.from(text.slice(0, place) + put + text.slice(place + drop)));
      if (verdict.kind !== 'verified') return;
      verified += 1;
      const { base, keyid, entry, deployment, registry } = verdict.receipt;
      expect(genuine.get(base)).toMatchObject({ keyid, entry, deployment, registry });
    }),
    { numRuns: 3000 },
  );
  // What the server alone says, receivedAt within the window and versions that are older, can be changed.
  expect(verified).toBeGreaterThan(0);
});

describe('What has changed since', () => {
  const revoke = (site: Site, subject: Revocation['subject'], through: number): void => {
    site.vendor.revocations.push({ subject, through: timeOf(through) });
  };

  test('is told: the approval has ended', async () => {
    const { receipt, by } = makeReceived();
    const verdict = await judge(receipt, by, secondsOf(receipt.receivedAt) + 4000 * day);
    expect(verdict).toMatchObject({ kind: 'verified', standing: 'ended' });
  });

  test('is told: a revocation that reaches beyond the receipt came after it', async () => {
    const { site, receipt } = makeReceived();
    site.vendor.now = nowOf() + 10;
    revoke(site, { kind: 'artifact', digest: site.entry.digest }, site.vendor.now);
    const by = metadata(site);
    expect(await judge(receipt, by)).toMatchObject({ kind: 'verified', standing: 'revoked' });
    // What was received later than it reaches may have been admitted before it was loaded, or never.
    const later = forgeReceipt(
      site,
      { entry: receipt.entry, versions: receipt.versions },
      site.vendor.now + 100,
    );
    const judged = await judge(later, by, site.vendor.now + 200);
    expect(judged).toMatchObject({ kind: 'undecided', why: { code: 'revoked' } });
  });

  test('does not excuse what was revoked under the very metadata that the receipt names', async () => {
    const { site, receipt } = makeReceived();
    revoke(site, { kind: 'partner', partner: receiptPartner(site) }, site.vendor.now);
    const by = metadata(site);
    const { root, targets, timestamp } = by.versions;
    const forged = forgeReceipt(
      site,
      { entry: receipt.entry, versions: { root, targets, timestamp } },
      nowOf(),
    );
    await expectFails('revoked', forged, by);
  });

  test('counts the revocation that reaches least far, where several cover it', async () => {
    const { site, receipt } = makeReceived();
    site.vendor.now = nowOf() + 10;
    revoke(site, { kind: 'artifact', digest: site.entry.digest }, site.vendor.now - 3600);
    revoke(site, { kind: 'partner', partner: receiptPartner(site) }, site.vendor.now);
    const by = metadata(site);
    const { kind } = await judge(receipt, by);
    // The entry was issued in the last hour: only the second covers it.
    expect(kind).toBe('verified');
    revoke(site, { kind: 'statement', digest: receipt.entry }, secondsOf(receipt.receivedAt) - 1);
    expect(await judge(receipt, metadata(site))).toMatchObject({
      kind: 'undecided',
      why: { code: 'revoked' },
    });
  });

  test('is not guessed: a statement that was withdrawn needs the metadata of then, and with it is verified', async () => {
    const { site, receipt, bundle } = makeReceived();
    withdrawAll(site);
    const by = metadata(site);
    expect(by.isListed(receipt.keyid)).toBe(false);
    await expectUndecided('app_not_approved', receipt, by);
    expect(await judge(receipt, metadata(site, bundle))).toMatchObject({ kind: 'verified' });
  });

  function receiptPartner({ entry }: Site): string {
    return entry.path.split('/')[0] ?? '';
  }
});

describe('A receipt of a copy of an app', () => {
  function makeAttested() {
    const site = makeSite();
    const { vendor, deployment } = site;
    const [issuer, copy] = [makeAppKey(), makeKey()];
    const custom = entryCustom(vendor, issuer, { identities: [attesting(issuer)] });
    approve(vendor, [addEntry(vendor, custom)]);
    const verifier = start(site);
    const bundle = nextBundle(site);
    verifier.load(bundle);
    const vouch = (changes: Partial<ToAttest> = {}): string =>
      attest({
        issuer,
        copy,
        partner: custom.partner.id,
        app: custom.app.id,
        build: custom.build.id,
        deployment,
        issued: nowOf() - 20,
        ...changes,
      });
    const headers = (attestation: string) => [['OAuth-Client-Attestation', attestation]] as const;
    const receipt = receiptOf(verifier, signNow(site, { key: copy, headers: headers(vouch()) }));
    const { entry, versions } = receipt;
    const forge = (attestation: string, at = nowOf(), key = copy): Receipt =>
      forgeReceipt(site, { entry, versions }, at, { key, headers: headers(attestation) });
    return { site, issuer, copy, vouch, receipt, forge, by: metadata(site, bundle), versions };
  }

  test('is verified through the attestation in its base, which is remembered', async () => {
    const { receipt, by, copy } = makeAttested();
    const judgeAll = judgeReceipts(by, nowOf());
    for (const each of [receipt, again(receipt, copy), again(receipt, copy)])
      expect(await judgeAll(bytesOf(each))).toMatchObject({ kind: 'verified', standing: 'inForce' });
    const forged = { ...again(receipt, copy), signature: receipt.signature };
    expect(await judgeAll(bytesOf(forged))).toMatchObject({
      kind: 'failed',
      why: { code: 'signature_invalid' },
    });
  });

  test('fails by every rule for attestations that does not hang on the day', async () => {
    const { vouch, forge, by, receipt } = makeAttested();
    const [head = '', claims = '', signature = ''] = vouch().split('.');
    const torn = `${head}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    await expectFails('attestation_invalid', forge(torn), by);
    await expectFails('attestation_malformed', forge('a.b.c'), by);
    await expectFails('attestation_other_key', forge(vouch({ copy: makeKey() })), by);
    await expectFails('attestation_other_deployment', forge(vouch({ deployment: 'A'.repeat(43) })), by);
    await expectFails('attestation_expired', forge(vouch({ issued: nowOf() - 500, lifetime: 100 })), by);
    await expectFails('attestation_from_future', forge(vouch({ issued: nowOf() + 500 })), by);
    await expectFails('attestation_other_build', forge(vouch({ build: `b-${'a'.repeat(26)}` })), by);
    await expectFails('attestation_too_long', forge(vouch({ lifetime: 4000 * day })), by);
    const long = forge(vouch({ lifetime: 4000 * day }));
    await expectUndecided(
      'attestation_too_long',
      { ...long, versions: { ...receipt.versions, timestamp: 99 } },
      by,
    );
  });

  test('whose issuer signs requests, too, fails under the metadata that says so', async () => {
    const { vouch, forge, site, issuer, receipt } = makeAttested();
    approve(site.vendor, [addEntry(site.vendor, entryCustom(site.vendor, issuer))]);
    const by = metadata(site);
    await expectUndecided('attestation_issuer', receipt, by);
    const { root, targets, timestamp } = by.versions;
    await expectFails(
      'attestation_issuer',
      { ...forge(vouch()), versions: { root, targets, timestamp } },
      by,
    );
  });

  test('whose key is listed itself fails under the metadata that lists it', async () => {
    const { vouch, forge, by, site } = makeAttested();
    await expectFails('attestation_key_listed', forge(vouch({ copy: site.key }), nowOf(), site.key), by);
  });

  test('whose key was revoked after it is verified, and else cannot be decided', async () => {
    const { site, receipt, copy, forge, vouch } = makeAttested();
    site.vendor.now = nowOf() + 10;
    const subject = { kind: 'identity', thumbprint: copy.thumbprint } as const;
    site.vendor.revocations.push({ subject, through: timeOf(site.vendor.now) });
    const by = metadata(site);
    expect(await judge(receipt, by)).toMatchObject({ kind: 'verified', standing: 'revoked' });
    const later = forge(vouch({ issued: site.vendor.now }), site.vendor.now + 30);
    expect(await judge(later, by, site.vendor.now + 60)).toMatchObject({
      kind: 'undecided',
      why: { code: 'revoked' },
    });
  });

  test('whose issuer is in no entry any more cannot be decided', async () => {
    const { receipt, site } = makeAttested();
    withdrawAll(site);
    await expectUndecided('app_not_approved', receipt, metadata(site));
  });
});

test('Metadata of another vendor opens nothing', () => {
  const site = makeSite();
  const bundle = nextBundle(site);
  expect(() => openMetadata(bundle, anchorOf(createVendor()))).toThrow(
    expect.objectContaining({ code: 'wrong_registry' }),
  );
});
