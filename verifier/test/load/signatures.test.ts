import { createPublicKey, ECDH } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { timeOf, type JsonObject } from '../../src/formats.ts';
import {
  bundleNow,
  later,
  openAt,
  openedAt,
  refusal,
  refusedLoad,
  tellStory,
  type Story,
} from '../compose/story.ts';
import {
  anchorOf,
  bundleOf,
  createVendor,
  day,
  publish,
  signRoot,
  type Publication,
} from '../compose/vendor.ts';
import { makeSigner, seal } from '../compose/tuf-signer.ts';

const roles = ['timestamp', 'snapshot', 'targets', 'registry', 'partner', 'customer'] as const;

function fileOf(story: Story, role: (typeof roles)[number], { files }: Publication): string {
  const name = role === 'partner' ? story.entry.role : role === 'customer' ? story.customer : role;
  const found = [...files.keys()].find((file) => file === `${name}.json` || file.endsWith(`.${name}.json`));
  if (found === undefined) throw new Error(`No file of ${name}.`);
  return found;
}

/** The publication with one file changed, as JSON. */
function changed(publication: Publication, name: string, change: (value: Sealed) => object): Publication {
  const files = new Map(publication.files);
  const value = JSON.parse(Buffer.from(files.get(name) as Uint8Array).toString()) as Sealed;
  files.set(name, Buffer.from(JSON.stringify(change(value))));
  return { ...publication, files };
}

type Sealed = { signatures: { keyid: string; sig: string }[]; signed: JsonObject };

describe('Metadata', () => {
  test.each(roles)('of %s that its key did not sign is refused', (role) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const publication = publish(story.vendor);
    const name = fileOf(story, role, publication);
    const forged = changed(publication, name, ({ signed }) => {
      const sealed = JSON.parse(Buffer.from(seal(signed, [makeSigner()])).toString()) as Sealed;
      return sealed;
    });
    refusedLoad('metadata_threshold', story, held, bundleOf(story.vendor, story.customer, forged));
  });

  test.each(roles)('of %s that was changed after signing is refused', (role) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const publication = publish(story.vendor);
    const name = fileOf(story, role, publication);
    const forged = changed(publication, name, ({ signatures, signed }) => ({
      signatures,
      signed: { ...signed, extra: 1 },
    }));
    refusedLoad('metadata_threshold', story, held, bundleOf(story.vendor, story.customer, forged));
  });

  test.each(roles)('of %s that has expired is refused', (role) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const { vendor, customer, entry } = story;
    const name = role === 'partner' ? entry.role : role === 'customer' ? customer : role;
    const publication = publish(vendor, (which, signed) =>
      which === name ? { ...signed, expires: timeOf(vendor.now) } : signed,
    );
    refusedLoad('metadata_expired', story, held, bundleOf(vendor, customer, publication));
  });

  test('is fine until its last second', () => {
    const story = tellStory();
    const { vendor, customer } = story;
    const publication = publish(vendor, (_, signed) => ({ ...signed, expires: timeOf(vendor.now + 1) }));
    expect(openAt(story, bundleOf(vendor, customer, publication)).wall).toBe(vendor.now + 1);
  });

  test('in another formatting means the same: signatures are over the canonical form', () => {
    const story = tellStory();
    const publication = publish(story.vendor);
    const files = new Map([...publication.files].map(([name, bytes]) => [name, reformatted(bytes)]));
    const opened = openAt(story, bundleOf(story.vendor, story.customer, { ...publication, files }));
    expect(opened.judgeAll().entries).toHaveLength(1);

    function reformatted(bytes: Uint8Array): Uint8Array {
      return Buffer.from(JSON.stringify(JSON.parse(Buffer.from(bytes).toString()), null, 2));
    }
  });

  test('may be signed with ECDSA or RSA keys, whose PEM has line ends', () => {
    const vendor = createVendor();
    vendor.signers.timestamp = [makeSigner('ecdsa')];
    vendor.signers.snapshot = [makeSigner('rsa')];
    vendor.signers.leaf = [makeSigner('ecdsa')];
    vendor.roots = [];
    signRoot(vendor);
    const story = tellStory({ ...vendor });
    expect(openedAt(story).judgeAll().entries).toHaveLength(1);
  });

  test('with a signature twice is malformed, not signed twice', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const publication = publish(story.vendor);
    const forged = changed(publication, 'timestamp.json', ({ signatures, signed }) => ({
      signatures: [...signatures, ...signatures],
      signed,
    }));
    refusedLoad('metadata_malformed', story, held, bundleOf(story.vendor, story.customer, forged));
  });

  test('with signatures of others, empty or broken ones beside the right one is signed', () => {
    const story = tellStory();
    const publication = publish(story.vendor);
    const with3 = changed(publication, 'timestamp.json', ({ signatures, signed }) => ({
      signatures: [
        { keyid: 'a', sig: '' },
        { keyid: 'b', sig: 'zz' },
        { keyid: 'c', sig: '00' },
        ...signatures,
      ],
      signed,
    }));
    expect(openAt(story, bundleOf(story.vendor, story.customer, with3)).versions.timestamp).toBe(1);
  });

  test('that names a member twice is refused before any signature counts', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const publication = publish(story.vendor);
    const files = new Map(publication.files);
    const text = Buffer.from(files.get('timestamp.json') as Uint8Array).toString();
    files.set('timestamp.json', Buffer.from(text.replace('"version":', '"version":1,"version":')));
    refusedLoad(
      'json_malformed',
      story,
      held,
      bundleOf(story.vendor, story.customer, { ...publication, files }),
    );
  });

  test('with a version that the snapshot does not name is refused', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const { vendor, customer } = story;
    const publication = publish(vendor, (role, signed) =>
      role === 'registry' ? { ...signed, version: 7 } : signed,
    );
    const files = new Map(
      [...publication.files].map(([name, bytes]) => [name.replace('7.registry', '2.registry'), bytes]),
    );
    const sealedSnapshot = publish(vendor);
    expect(sealedSnapshot.files.size).toBe(files.size);
    // The snapshot of the first publication names registry 7; a file of version 3 under that name does not fit it.
    const mixed = new Map(publication.files);
    mixed.set('7.registry.json', sealedSnapshot.files.get('3.registry.json') as Uint8Array);
    refusedLoad(
      'metadata_version',
      story,
      held,
      bundleOf(vendor, customer, { ...publication, files: mixed }),
    );
  });

  test('whose digest the snapshot tells must have it', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const { vendor, customer } = story;
    const publication = publish(vendor, (role, signed) => {
      if (role !== 'snapshot') return signed;
      const meta = signed.meta as JsonObject;
      return {
        ...signed,
        meta: {
          ...meta,
          'registry.json': { ...(meta['registry.json'] as object), hashes: { sha256: '0'.repeat(64) } },
        },
      };
    });
    refusedLoad('metadata_digest', story, held, bundleOf(vendor, customer, publication));
  });

  test('of another type is refused', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const publication = publish(story.vendor, (role, signed) =>
      role === 'timestamp' ? { ...signed, _type: 'snapshot' } : signed,
    );
    refusedLoad('metadata_malformed', story, held, bundleOf(story.vendor, story.customer, publication));
  });
});

const withTimestampThreshold = (threshold: number) => (_: string, signed: JsonObject) => {
  const roles = signed.roles as Record<string, JsonObject>;
  return { ...signed, roles: { ...roles, timestamp: { ...(roles.timestamp as JsonObject), threshold } } };
};

const withPem =
  (respelt: (pem: string) => string) =>
  (key: JsonObject): JsonObject => {
    const { public: pem } = key.keyval as { readonly public: string };
    return { ...key, keyval: { public: respelt(pem) } };
  };

/** The same key, with its point in another of the forms of SEC 1. */
const withPoint = (form: 'compressed' | 'hybrid') =>
  withPem((pem) => {
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
    const written = spki.subarray(-65);
    const point = ECDH.convertKey(written, 'prime256v1', undefined, undefined, form) as Buffer;
    const bits = Buffer.concat([Buffer.from([0x03, point.length + 1, 0]), point]);
    const algorithm = Buffer.from('301306072a8648ce3d020106082a8648ce3d030107', 'hex');
    const head = Buffer.from([0x30, algorithm.length + bits.length]);
    const lines =
      Buffer.concat([head, algorithm, bits])
        .toString('base64')
        .match(/.{1,64}/g) ?? [];
    return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
  });

describe('A threshold', () => {
  test.each([0, 1, 2])('of two is met by two keys, not by %i', (count) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const { vendor } = story;
    signRoot(vendor);
    const { signatures, signed } = JSON.parse(
      Buffer.from(vendor.roots.pop() as Uint8Array).toString(),
    ) as Sealed;
    vendor.roots.push(Buffer.from(JSON.stringify({ signatures: signatures.slice(0, count), signed })));
    if (count < 2) refusedLoad('metadata_threshold', story, held, bundleNow(story));
    else expect(openAt(story, bundleNow(story), { held, floor: held.nextFloor }).versions.root).toBe(2);
  });

  test('counts a key once, though it is listed under two ids', () => {
    const story = tellStory();
    const held = openedAt(story);
    const { vendor } = story;
    later(story, 1);
    const [signer] = vendor.signers.timestamp;
    const twin = { ...(signer as NonNullable<typeof signer>), keyId: 'twin' };
    vendor.signers.timestamp = [signer as NonNullable<typeof signer>, twin];
    signRoot(vendor, [], withTimestampThreshold(2));
    refusedLoad('metadata_threshold', story, held, bundleNow(story));
  });

  test.each<[string, (key: JsonObject) => JsonObject]>([
    ['line ends of Windows', withPem((pem) => pem.replaceAll('\n', '\r\n'))],
    ['no last line end', withPem((pem) => pem.trimEnd())],
    ['its base64 in one line', withPem((pem) => pem.replace(/(?<=[^-])\n(?=[^-])/g, ''))],
    ['text behind its end', withPem((pem) => `${pem}once more\n`)],
    ['its point compressed', withPoint('compressed')],
    ['its point in hybrid form', withPoint('hybrid')],
    ['the other name of its type', (key) => ({ ...key, keytype: 'ecdsa-sha2-nistp256' })],
  ])('counts a key once, though it is listed a second time with %s', (_, respelt) => {
    const story = tellStory();
    const held = openedAt(story);
    const { vendor } = story;
    later(story, 1);
    const signer = makeSigner('ecdsa');
    vendor.signers.timestamp = [signer, { ...signer, keyId: 'twin', key: respelt(signer.key) }];
    signRoot(vendor, [], withTimestampThreshold(1));
    const next = openAt(story, bundleNow(story), { held, floor: held.nextFloor });
    expect(next.versions.root).toBe(2);
    signRoot(vendor, [], withTimestampThreshold(2));
    refusedLoad('metadata_threshold', story, next, bundleNow(story));
  });

  test.each([
    ['of 0', (role: JsonObject) => ({ ...role, threshold: 0 })],
    [
      'with a key id twice',
      (role: JsonObject) => ({
        ...role,
        keyids: [...(role.keyids as string[]), ...(role.keyids as string[])],
      }),
    ],
    ['with a key id without a key', (role: JsonObject) => ({ ...role, keyids: ['nobody'] })],
  ])('%s is malformed', (_, change) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    signRoot(story.vendor, [], (_role, signed) => {
      const all = signed.roles as Record<string, JsonObject>;
      return { ...signed, roles: { ...all, snapshot: change(all.snapshot as JsonObject) } };
    });
    refusedLoad('metadata_malformed', story, held, bundleNow(story));
  });
});

describe('A root', () => {
  test('that the old root’s keys and its own signed takes over', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const old = story.vendor.signers.root;
    story.vendor.signers.root = [makeSigner(), makeSigner(), makeSigner()];
    signRoot(story.vendor, old);
    const next = openAt(story, bundleNow(story), { held, floor: held.nextFloor });
    expect(next.versions.root).toBe(2);
  });

  test('that only its own new keys signed is refused', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    story.vendor.signers.root = [makeSigner(), makeSigner(), makeSigner()];
    signRoot(story.vendor);
    refusedLoad('metadata_threshold', story, held, bundleNow(story));
  });

  test('that did not follow from the registry’s first is refused, though an anchor names it', () => {
    const story = tellStory();
    later(story, 1);
    const { vendor } = story;
    const old = vendor.signers.root;
    vendor.signers.root = [makeSigner(), makeSigner(), makeSigner()];
    signRoot(vendor);
    const at = { now: vendor.now };
    refusal('metadata_threshold', () => openAt(story, bundleNow(story), { ...at, anchor: anchorOf(vendor) }));
    vendor.roots.pop();
    signRoot(vendor, old);
    const opened = openAt(story, bundleNow(story), { ...at, anchor: anchorOf(vendor) });
    expect(opened.versions.root).toBe(2);
  });

  test('that only the old keys signed is refused', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const { vendor } = story;
    const old = vendor.signers.root;
    const fresh = [makeSigner(), makeSigner(), makeSigner()];
    vendor.signers.root = fresh;
    signRoot(vendor, old);
    const last = JSON.parse(Buffer.from(vendor.roots.pop() as Uint8Array).toString()) as Sealed;
    const signatures = last.signatures.filter(({ keyid }) => old.some(({ keyId }) => keyId === keyid));
    vendor.roots.push(Buffer.from(JSON.stringify({ ...last, signatures })));
    refusedLoad('metadata_threshold', story, held, bundleNow(story));
  });

  test('that skips a version is refused', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    signRoot(story.vendor, [], (_, signed) => ({ ...signed, version: 3 }));
    refusedLoad('metadata_version', story, held, bundleNow(story));
  });

  test('in between may have expired, the newest may not', () => {
    const story = tellStory();
    const { vendor } = story;
    signRoot(vendor, [], (_, signed) => ({ ...signed, expires: timeOf(vendor.now - day) }));
    refusal('metadata_expired', () => openedAt(story));
    signRoot(vendor);
    expect(openedAt(story).versions.root).toBe(3);
  });

  test('cannot change the environment', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    signRoot(story.vendor, [], (_, signed) => ({
      ...signed,
      'x-appwarrant': { ...(signed['x-appwarrant'] as object), environment: 'development' },
    }));
    refusedLoad('root_environment', story, held, bundleNow(story));
  });

  test('of another registry is refused', () => {
    const [story, other] = [tellStory(), tellStory()];
    const held = openedAt(story);
    later(other, 1);
    refusedLoad('wrong_registry', story, held, bundleNow(other));
    // The index names ours, the first root is theirs.
    const { vendor, customer } = other;
    const renamed = bundleOf({ ...vendor, registry: story.vendor.registry }, customer, publish(vendor));
    refusedLoad('wrong_registry', story, held, renamed);
  });

  test('that forks below the anchor’s is refused', () => {
    const story = tellStory();
    const { vendor } = story;
    signRoot(vendor);
    const anchor = anchorOf(vendor);
    vendor.roots.pop();
    vendor.now += 1;
    // The first root's keys, stolen after the second root was signed, lead elsewhere.
    signRoot(vendor);
    refusal('equivocation', () => openAt(story, bundleNow(story), { anchor }));
  });

  test('older than the anchor’s is below the minimum', () => {
    const story = tellStory();
    const old = bundleNow(story);
    signRoot(story.vendor);
    refusal('below_anchor_minimum', () => openAt(story, old, { anchor: anchorOf(story.vendor) }));
  });

  test('is found from the anchor’s, whichever it is', () => {
    const story = tellStory();
    for (let i = 0; i < 3; i += 1) signRoot(story.vendor);
    const bytes = bundleNow(story);
    for (let version = 1; version <= 4; version += 1) {
      const anchor = anchorOf({ ...story.vendor, roots: story.vendor.roots.slice(0, version) });
      expect(openAt(story, bytes, { anchor }).versions.root).toBe(4);
    }
  });
});

describe('The anchor’s minimum', () => {
  test('of targets and of signed time holds', () => {
    const story = tellStory();
    const bytes = bundleNow(story);
    const { vendor } = story;
    const minimum = { targets: 1, signedAt: timeOf(vendor.now) };
    expect(openAt(story, bytes, { anchor: anchorOf(vendor, { minimum }) }).versions.targets).toBe(1);
    const higher = anchorOf(vendor, { minimum: { ...minimum, targets: 2 } });
    refusal('below_anchor_minimum', () => openAt(story, bytes, { anchor: higher }));
    const newer = anchorOf(vendor, { minimum: { ...minimum, signedAt: timeOf(vendor.now + 1) } });
    refusal('below_anchor_minimum', () => openAt(story, bytes, { anchor: newer }));
  });
});

test('A bundle signed more than five minutes ahead of the system clock is refused', () => {
  const story = tellStory();
  const bytes = bundleNow(story);
  const { now } = story.vendor;
  expect(openAt(story, bytes, { now: now - 300 }).signedAt).toBe(now);
  refusal('signed_in_future', () => openAt(story, bytes, { now: now - 301 }));
  // Whatever is known to be later by other means: the system clock decides.
  refusal('signed_in_future', () => openAt(story, bytes, { now, systemClock: now - 301 }));
});
