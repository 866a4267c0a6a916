import { describe, expect, test } from 'vitest';
import { canonical, readBundle, timeOf, type JsonObject } from '../../src/formats.ts';
import { assemble, packBundle } from '../compose/pack.ts';
import { bundleNow, later, openAt, openedAt, refusal, refusedLoad, tellStory } from '../compose/story.ts';
import {
  addEntry,
  addForCustomer,
  approve,
  bundleFiles,
  bundleOf,
  day,
  entryCustom,
  grantCustom,
  makeAppKey,
  makeId,
  publish,
  signRoot,
  type Publication,
  type Tamper,
} from '../compose/vendor.ts';
import { makeSigner } from '../compose/tuf-signer.ts';

// The order of opening a bundle (SPEC §7.1): what no single file decides.

/** Changes what one role says, before it is signed. */
const saying =
  (role: string, change: (signed: JsonObject) => object): Tamper =>
  (name, signed) =>
    name === role ? { ...signed, ...change(signed) } : signed;
const metaOf = (signed: JsonObject): Record<string, { version: number }> =>
  signed.meta as unknown as Record<string, { version: number }>;

describe('The walk of the roots', () => {
  test('passes through the root that was loaded before, though a newer one follows', () => {
    const story = tellStory();
    signRoot(story.vendor);
    const held = openedAt(story);
    story.vendor.roots.pop();
    later(story, 1);
    signRoot(story.vendor);
    signRoot(story.vendor);
    refusedLoad('equivocation', story, held, bundleNow(story));
  });

  test('passes through no root of another environment', () => {
    const story = tellStory();
    signRoot(story.vendor, [], (_, signed) => ({
      ...signed,
      'x-appwarrant': { environment: 'development', signedAt: timeOf(story.vendor.now) },
    }));
    signRoot(story.vendor);
    refusal('root_environment', () => openedAt(story));
  });
});

describe('The wall', () => {
  test('is the earliest end of all metadata', () => {
    for (const which of ['root', 'timestamp', 'snapshot', 'targets', 'registry', 'partner', 'customer']) {
      const story = tellStory();
      const { vendor, customer, entry } = story;
      const end = vendor.now + 50 * day;
      const ends = (): JsonObject => ({ expires: timeOf(end) });
      if (which === 'root') signRoot(vendor, [], saying('root', ends));
      const role = which === 'partner' ? entry.role : which === 'customer' ? customer : which;
      const bytes = bundleOf(vendor, customer, publish(vendor, saying(role, ends)));
      expect(openAt(story, bytes).wall, which).toBe(end);
    }
  });
});

describe('A bundle', () => {
  test('for a customer of whom the registry does not know is refused', () => {
    const { vendor, customer, ...story } = tellStory();
    const files = bundleFiles(customer, publish(vendor));
    const bytes = packBundle(makeId('c'), vendor.registry, files);
    refusal('bundle_shape', () => openAt({ ...story, vendor, customer }, bytes));
  });

  test('whose customer role delegates is refused', () => {
    const story = tellStory();
    const { vendor, customer } = story;
    const delegation = { name: 'more', paths: [], terminating: true, keyids: [], threshold: 1 };
    const tamper = saying(customer, () => ({ delegations: { keys: {}, roles: [delegation] } }));
    refusal('bundle_shape', () => openAt(story, bundleOf(vendor, customer, publish(vendor, tamper))));
  });

  test('may list its roles in any order, and has its files in the order of their names', () => {
    const story = tellStory();
    const { vendor, customer } = story;
    for (let i = 0; i < 4; i += 1) addEntry(vendor, entryCustom(vendor, makeAppKey()));
    for (const turn of [
      (roles: JsonObject[]) => roles,
      (roles: JsonObject[]) => roles.toReversed(),
      (roles: JsonObject[]) => [...roles.slice(2), ...roles.slice(0, 2)],
    ]) {
      const tamper = saying('registry', ({ delegations }) => {
        const { keys, roles } = delegations as { keys: JsonObject; roles: JsonObject[] };
        return { delegations: { keys, roles: turn(roles) } };
      });
      const opened = openAt(story, bundleOf(vendor, customer, publish(vendor, tamper)));
      expect(opened.entries.listed.partners).toBe(5);
      expect([...opened.partnerRoles.keys()]).toEqual([...opened.partnerRoles.keys()].toSorted());
    }
  });

  test('is opened at any origin where none is configured', () => {
    const story = tellStory();
    expect(openedAt(story, { origin: null }).license.custom.customer.id).toBe(story.customer);
    refusal('origin_not_licensed', () => openedAt(story, { origin: 'https://other.example' }));
  });

  test('holds at most a thousand grants', () => {
    const story = tellStory();
    const { vendor, customer, deployment } = story;
    for (let i = 0; i < 1000; i += 1)
      addForCustomer(vendor, grantCustom(vendor, customer, deployment, { reason: String(i) }));
    expect(openedAt(story).refused).toHaveLength(1000);
    addForCustomer(vendor, grantCustom(vendor, customer, deployment, { reason: 'One more' }));
    refusal('bundle_shape', () => openedAt(story));
  });

  test('that was signed more than five minutes after the system clock is refused, and both times are told', () => {
    const story = tellStory();
    const { now } = story.vendor;
    const bytes = bundleNow(story);
    expect(openAt(story, bytes, { systemClock: now - 300 }).signedAt).toBe(now);
    const { members } = refusal('signed_in_future', () => openAt(story, bytes, { systemClock: now - 300.5 }));
    expect(members).toEqual({ signedAt: now, systemClock: now - 301 });
    // What was loaded once is opened again by any clock: every check judges it.
    expect(openAt(story, bytes, { systemClock: 0, purpose: 'replay' }).signedAt).toBe(now);
  });
});

describe('Whoever stole the keys of timestamp and signed a time far ahead', () => {
  /** A site that has loaded what the thief signed, a thousand days ahead; the vendor has replaced the keys since. */
  function afterTheft() {
    const story = tellStory();
    const { vendor } = story;
    const today = vendor.now;
    const { validity } = vendor;
    vendor.validity = 3000 * day;
    vendor.now += 1000 * day;
    const held = openedAt(story);
    vendor.now = today + day;
    vendor.validity = validity;
    vendor.signers.timestamp = [makeSigner()];
    signRoot(vendor);
    return { story, today, floor: held.nextFloor, ahead: today + 1000 * day };
  }

  test('cannot have later bundles judged in that year: the new root ends it', () => {
    const { story, today, floor, ahead } = afterTheft();
    const next = openedAt(story, { floor, now: ahead, systemClock: today + day });
    expect(next.signedAt).toBe(today + day);
  });

  test('does not gain any time either: what has expired by the system clock is refused', () => {
    const { story, today, floor, ahead } = afterTheft();
    story.vendor.validity = 10 * day;
    const bytes = bundleNow(story);
    const at = (days: number) => openAt(story, bytes, { floor, now: ahead, systemClock: today + days * day });
    expect(at(10).signedAt).toBe(today + day);
    refusal('metadata_expired', () => at(11));
  });
});

describe('A partner’s file that was loaded before is not taken for', () => {
  /** A site that holds a publication, and the next one, in which the partner's file is the same. */
  function next(tamper?: Tamper) {
    const story = tellStory();
    const { vendor, customer, entry } = story;
    const first = publish(vendor);
    const held = openAt(story, bundleOf(vendor, customer, first));
    later(story, 1);
    const changed = new Set([customer]);
    const since = { publication: first, changed };
    return { story, held, role: entry.role, publish: () => publish(vendor, tamper, since) };
  }

  test('another version of it that the snapshot tells', () => {
    const found = next((name, signed) => {
      if (name !== 'snapshot') return signed;
      const meta = Object.entries(metaOf(signed)).map(([file, { version }]): [string, JsonObject] => [
        file,
        { version: file.startsWith('p-') ? version + 1 : version },
      ]);
      return { ...signed, meta: Object.fromEntries(meta) };
    });
    const { story, held, role } = found;
    const publication = found.publish();
    const files = [...publication.files].map(([name, bytes]): [string, Uint8Array] => [
      name === `1.${role}.json` ? `2.${role}.json` : name,
      bytes,
    ]);
    const renamed: Publication = { ...publication, files: new Map(files) };
    const bytes = bundleOf(story.vendor, story.customer, renamed);
    refusedLoad('metadata_version', story, held, bytes);
  });

  test.each<[string, object]>([
    ['a file of the length that the snapshot tells', { length: 1 }],
    ['a file of the digest that the snapshot tells', { hashes: { sha256: '0'.repeat(64) } }],
  ])('%s', (_, told) => {
    const found = next((name, signed) => {
      if (name !== 'snapshot') return signed;
      const meta = Object.entries(metaOf(signed)).map(([file, said]): [string, JsonObject] => [
        file,
        file.startsWith('p-') ? { ...said, ...told } : said,
      ]);
      return { ...signed, meta: Object.fromEntries(meta) };
    });
    const { story, held } = found;
    refusedLoad('metadata_digest', story, held, bundleOf(story.vendor, story.customer, found.publish()));
  });

  test('a file of another length that the index tells', () => {
    const { story, held, role, publish: publishNext } = next();
    const { index, files } = readBundle(bundleOf(story.vendor, story.customer, publishNext()));
    const lying = index.files.map((file) =>
      file.name.includes(role) ? { ...file, length: file.length + 1 } : file,
    );
    const packed = [...files.values()].map((file) => file.packed);
    const bytes = assemble(canonical({ ...index, files: lying }), packed);
    refusedLoad('bundle_malformed', story, held, bytes);
  });
});

describe('Approvals', () => {
  test('of a licence and of a grant stand for the one that was approved, not for the other', () => {
    const story = tellStory();
    const { vendor, customer, deployment, license } = story;
    const grant = addForCustomer(vendor, grantCustom(vendor, customer, deployment));
    approve(vendor, [grant]);
    grant.path = `${customer}/licence/${grant.digest}`;
    vendor.targets.splice(vendor.targets.indexOf(license), 1);
    expect(refusal('license_not_approved', () => openedAt(story)).members).toEqual({
      because: 'statement_misplaced',
    });
  });
});
