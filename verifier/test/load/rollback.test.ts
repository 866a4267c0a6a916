import { describe, expect, test } from 'vitest';
import { readFloor, writeFloor, type OpenedBundle } from '../../src/formats.ts';
import { bundleNow, later, openAt, openedAt, refusal, refusedLoad, tellStory } from '../compose/story.ts';
import { bundleOf, day, publish, signRoot, type OnlineRole, type Tamper } from '../compose/vendor.ts';
import { makeSigner } from '../compose/tuf-signer.ts';

/** Sets the version of some roles, as whoever holds their keys can. */
function versions(changes: Readonly<Record<string, number>>): Tamper {
  return (role, signed) => (role in changes ? { ...signed, version: changes[role] as number } : signed);
}

describe('What was loaded once is the least that is loaded again', () => {
  test('the newer bundle loads, then the older one is a rollback', () => {
    const story = tellStory();
    const old = bundleNow(story);
    const first = openAt(story, old);
    later(story, 1);
    const second = openAt(story, bundleNow(story), { held: first, floor: first.nextFloor });
    refusedLoad('rollback', story, second, old);
  });

  test('the same bundle loads again', () => {
    const story = tellStory();
    const bytes = bundleNow(story);
    const held = openAt(story, bytes);
    const again = openAt(story, bytes, { held, floor: held.nextFloor });
    expect(writeFloor(again.nextFloor)).toEqual(writeFloor(held.nextFloor));
  });

  test.each(['timestamp', 'snapshot', 'targets', 'registry', 'partner', 'customer'])(
    'a lower version of %s alone is a rollback',
    (which) => {
      const story = tellStory();
      publish(story.vendor);
      const held = openedAt(story);
      later(story, 1);
      const role = which === 'partner' ? story.entry.role : which === 'customer' ? story.customer : which;
      const lower = bundleOf(story.vendor, story.customer, publish(story.vendor, versions({ [role]: 1 })));
      refusedLoad('rollback', story, held, lower);
    },
  );

  test.each(['timestamp', 'snapshot', 'targets', 'registry', 'partner', 'customer'])(
    'other bytes under the same version of %s are an equivocation',
    (which) => {
      const story = tellStory();
      const held = openedAt(story);
      later(story, 1);
      const role = which === 'partner' ? story.entry.role : which === 'customer' ? story.customer : which;
      const other = bundleOf(story.vendor, story.customer, publish(story.vendor, versions({ [role]: 1 })));
      refusedLoad('equivocation', story, held, other);
    },
  );

  test('a lower signed time is a rollback, even under higher versions', () => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, -1);
    refusedLoad('rollback', story, held, bundleNow(story), { now: held.signedAt });
  });

  test('a partner role that was away for a while keeps its floor', () => {
    const story = tellStory();
    const { vendor, customer, entry } = story;
    publish(vendor);
    const first = openedAt(story);
    later(story, 1);
    const targets = vendor.targets;
    vendor.targets = targets.filter((target) => target !== entry);
    const without = openAt(story, bundleNow(story), { held: first, floor: first.nextFloor });
    vendor.targets = targets;
    later(story, 1);
    const back = bundleOf(vendor, customer, publish(vendor, versions({ [entry.role]: 1 })));
    refusedLoad('rollback', story, without, back);
  });

  test('another root of a version that was loaded is an equivocation', () => {
    const story = tellStory();
    const { vendor, customer } = story;
    signRoot(vendor);
    const held = openedAt(story);
    vendor.roots.pop();
    later(story, 1);
    signRoot(vendor);
    refusedLoad('equivocation', story, held, bundleOf(vendor, customer, publish(vendor)));
  });

  test('fewer roots than were loaded are a rollback', () => {
    const story = tellStory();
    signRoot(story.vendor);
    const held = openedAt(story);
    story.vendor.roots.pop();
    later(story, 1);
    refusedLoad('rollback', story, held, bundleNow(story));
  });
});

describe('The floor is', () => {
  test('lost when it is torn or altered, never repaired', () => {
    const held = openedAt(tellStory());
    const bytes = Buffer.from(writeFloor(held.nextFloor));
    expect(readFloor(bytes)).toEqual(held.nextFloor);
    for (let at = 0; at < bytes.length; at += 7) {
      expect(readFloor(bytes.subarray(0, at)), `cut at ${at}`).toBeNull();
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ 1;
      expect(readFloor(flipped), `changed at ${at}`).toBeNull();
    }
  });

  test('begun again only with a fresh bundle', () => {
    const story = tellStory();
    const bytes = bundleNow(story);
    const { vendor } = story;
    expect(openAt(story, bytes, { now: vendor.now + 30 * day }).nextFloor.since).toBe(vendor.now);
    refusal('floor_missing', () => openAt(story, bytes, { now: vendor.now + 30 * day + 1 }));
  });

  test('another registry’s: refused', () => {
    const [story, other] = [tellStory(), tellStory()];
    const held = openedAt(other);
    refusal('wrong_registry', () => openAt(story, bundleNow(story), { floor: held.nextFloor }));
  });

  test('kept as far back as it goes', () => {
    const story = tellStory();
    const first = openedAt(story);
    const since = story.vendor.now;
    later(story, 3);
    const second = openAt(story, bundleNow(story), { floor: first.nextFloor });
    expect(second.nextFloor.since).toBe(since);
    expect(second.allowlist.floorSince).toBe(since);
  });
});

describe('Whoever stole an online key and poisoned its versions', () => {
  const poison = Number.MAX_SAFE_INTEGER;

  /** A site on which a thief's file with the highest version was loaded. */
  function poisoned(roles: readonly string[]): { story: ReturnType<typeof tellStory>; held: OpenedBundle } {
    const story = tellStory();
    const { vendor, customer } = story;
    openedAt(story);
    const saved = new Map(vendor.versions);
    const bad = publish(vendor, (role, signed) => {
      const own = roles.includes(role) ? { ...signed, version: poison } : signed;
      if (role === 'timestamp' && roles.includes('snapshot'))
        return { ...own, meta: { 'snapshot.json': { version: poison } } };
      if (role === 'snapshot') {
        const meta = { ...(own.meta as Record<string, { version: number }>) };
        for (const name of roles) if (`${name}.json` in meta) meta[`${name}.json`] = { version: poison };
        return { ...own, meta };
      }
      return own;
    });
    const files = new Map([...bad.files].map(([name, bytes]) => [renamed(name), bytes]));
    const held = openAt(story, bundleOf(vendor, customer, { ...bad, files }));
    for (const [role, version] of saved) vendor.versions.set(role, version + 1);
    return { story, held };

    function renamed(name: string): string {
      const role = /^[0-9]+\.(.*)\.json$/.exec(name)?.[1] ?? '';
      return roles.includes(role) ? `${poison}.${role}.json` : name;
    }
  }

  function replace(story: ReturnType<typeof tellStory>, roles: readonly OnlineRole[], root = true): void {
    later(story, 1);
    for (const role of roles) story.vendor.signers[role] = [makeSigner()];
    if (root) signRoot(story.vendor);
  }

  test.each([[['timestamp'] as const], [['snapshot'] as const], [['timestamp', 'snapshot'] as const]])(
    'of %s is locked out by a root that replaces the keys, and the site goes on',
    (roles) => {
      const { story, held } = poisoned(roles);
      replace(story, roles);
      const next = openAt(story, bundleNow(story), { held, floor: held.nextFloor });
      for (const role of roles) expect(next.nextFloor.roles.get(role)?.version).toBeLessThan(100);
      // Once: the new floor holds again.
      later(story, 1);
      const again = openAt(story, bundleNow(story), { held: next, floor: next.nextFloor });
      expect(again.versions.timestamp).toBeGreaterThan(next.versions.timestamp);
    },
  );

  test.each(['timestamp', 'snapshot'] as const)(
    'of %s is not locked out while one of the keys remains',
    (role) => {
      const { story, held } = poisoned([role]);
      later(story, 1);
      story.vendor.signers[role] = [...story.vendor.signers[role], makeSigner()];
      signRoot(story.vendor);
      refusedLoad('rollback', story, held, bundleNow(story));
    },
  );

  test('of timestamp cannot lift signed time for ever: it restarts at the new root’s', () => {
    const story = tellStory();
    const { vendor } = story;
    const today = vendor.now;
    vendor.now += 200 * day;
    const future = bundleNow(story);
    const held = openAt(story, future, { now: vendor.now, systemClock: vendor.now });
    vendor.now = today + day;
    refusedLoad('rollback', story, held, bundleNow(story), { now: today + day });
    vendor.signers.timestamp = [makeSigner()];
    signRoot(vendor);
    const next = openAt(story, bundleNow(story), { floor: held.nextFloor, now: vendor.now });
    expect(next.nextFloor.signedAt).toBe(today + day);
    vendor.now = today;
    refusedLoad('rollback', story, next, bundleNow(story), { now: today + day });
  });

  test('of registry is locked out by a root and targets that replace its keys', () => {
    const { story, held } = poisoned(['registry', 'timestamp', 'snapshot']);
    replace(story, ['registry', 'timestamp', 'snapshot']);
    const next = openAt(story, bundleNow(story), { held, floor: held.nextFloor });
    expect(next.nextFloor.roles.get('registry')?.version).toBeLessThan(100);
  });

  test('of registry stays refused while only the root changes', () => {
    const { story, held } = poisoned(['registry', 'timestamp', 'snapshot']);
    replace(story, ['timestamp', 'snapshot']);
    refusedLoad('rollback', story, held, bundleNow(story));
  });

  test('of registry stays refused while only targets changes: only a higher root drops anything', () => {
    const { story, held } = poisoned(['registry']);
    replace(story, ['registry'], false);
    refusedLoad('rollback', story, held, bundleNow(story));
  });

  test('gains nothing by a new root for what the offline keys sign: targets never drops', () => {
    const story = tellStory();
    const { vendor, customer } = story;
    for (let i = 0; i < 3; i += 1) publish(vendor);
    const held = openedAt(story);
    replace(story, ['timestamp', 'snapshot', 'registry']);
    const old = bundleOf(vendor, customer, publish(vendor, versionsOfTargets(2)));
    refusedLoad('rollback', story, held, old);

    function versionsOfTargets(version: number): Tamper {
      return (role, signed) => {
        if (role === 'targets') return { ...signed, version };
        if (role !== 'snapshot') return signed;
        return { ...signed, meta: { ...(signed.meta as object), 'targets.json': { version } } };
      };
    }
  });
});
