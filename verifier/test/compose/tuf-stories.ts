import fc from 'fast-check';
import { attacks } from './tuf-attacks.ts';
import {
  pool,
  publish,
  targetOf,
  type Edge,
  type Signing,
  type TopRole,
  type TufRepository,
} from './tuf-repository.ts';
import type { TufSigner } from './tuf-signer.ts';

// What happens to a repository between two visits of a client, at random.

const roles = ['targets', 'a', 'b', 'c', 'd'];
const patterns = ['*', 'x', '?', 'a/*', 'b/?', '*/x', '*/*/*', '*.tgz', 'a*/*'];

export const attackedRoles = ['root', 'timestamp', 'snapshot', 'targets', 'a', 'c'] as const;
/** What clients ask about. */
export const askedPaths = ['x', 'a/x', 'b/x', 'a/b/x', 'z.tgz'];

/** An honest change; gives the roles that have to be published for it. */
type Edit = (repository: TufRepository) => readonly string[];

/** Never the last of the pool, who is a stranger to all. */
const signing = fc.uniqueArray(fc.nat(pool.length - 2), { minLength: 1, maxLength: 3 }).chain((indices) =>
  fc.integer({ min: 1, max: indices.length }).map((threshold): Signing => {
    return { signers: pool.filter((_, i) => indices.includes(i)), threshold };
  }),
);

const role = fc.constantFrom(...roles);
const path = fc.constantFrom(...askedPaths);
const delegation = fc.record({
  from: role,
  to: fc.constantFrom(...roles.slice(1)),
  paths: fc.uniqueArray(fc.constantFrom(...patterns), { minLength: 1, maxLength: 4 }),
  terminating: fc.boolean(),
  signing,
});

const edits: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(role, path, fc.nat(9)).map((change) => lists(...change)) },
  { weight: 1, arbitrary: fc.tuple(role, path).map((change) => forgets(...change)) },
  {
    weight: 6,
    arbitrary: delegation.map(({ from, signing: by, ...edge }) => delegates(from, { ...edge, ...by })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom<TopRole>('root', 'timestamp', 'snapshot', 'targets'), signing)
      .map((change) => rotates(...change)),
  },
  { weight: 1, arbitrary: fc.constantFrom(3000, 20_000).map(waits) },
);

const attack = fc.record({
  what: fc.constantFrom(...Object.keys(attacks)),
  role: fc.constantFrom(...attackedRoles),
  /** How many publications ago an earlier file was made. */
  back: fc.integer({ min: 1, max: 3 }),
});

/** What comes over the files that a client holds. */
const spoiled = fc.record({
  role: fc.constantFrom('timestamp', 'snapshot', 'targets', 'a', 'b'),
  torn: fc.boolean(),
});

/** Some visits; before each the repository is changed, and it may be attacked. */
export const stories = fc.array(
  fc.record({
    edits: fc.array(edits, { maxLength: 4 }),
    attack: fc.option(attack, { freq: 3, nil: undefined }),
    spoiled: fc.option(spoiled, { freq: 1, nil: undefined }),
  }),
  { minLength: 2, maxLength: 5 },
);

/** What every story begins with: targets of several roles, one of them delegated twice. */
export function settle(repository: TufRepository): void {
  const by = (...signers: number[]): Signing => ({ signers: signers.map(signer), threshold: signers.length });
  const delegations: [string, Edge][] = [
    ['targets', { to: 'a', paths: ['*', 'a/*'], terminating: false, ...by(4, 5) }],
    ['targets', { to: 'b', paths: ['b/*', '*/*/*'], terminating: true, ...by(5) }],
    ['a', { to: 'c', paths: ['a/*', '*.tgz'], terminating: false, ...by(6) }],
    ['b', { to: 'c', paths: ['*/x', '*/*/x'], terminating: false, ...by(6, 4) }],
  ];
  const listed: [string, string][] = [
    ['targets', 'x'],
    ['a', 'a/x'],
    ['c', 'z.tgz'],
    ['c', 'b/x'],
    ['c', 'a/b/x'],
  ];
  const changes = [
    ...delegations.map(([from, edge]) => delegates(from, edge)),
    ...listed.map((at) => lists(...at, 0)),
  ];
  publish(repository, ['root', ...changes.flatMap((change) => change(repository))]);
}

function signer(i: number): TufSigner {
  return pool[i] as TufSigner;
}

function delegates(from: string, edge: Edge): Edit {
  return (repository) => {
    const others = (repository.edges.get(from) ?? []).filter(({ to }) => to !== edge.to);
    repository.edges.set(from, [...others, edge]);
    if (!repository.targets.has(edge.to)) repository.targets.set(edge.to, {});
    return [from, edge.to];
  };
}

function lists(of: string, at: string, content: number): Edit {
  return (repository) => {
    const listed = repository.targets.get(of);
    if (listed === undefined) return [];
    listed[at] = targetOf(`${of} ${String(content)}`);
    return [of];
  };
}

function forgets(of: string, at: string): Edit {
  return (repository) => {
    const listed = Object.entries(repository.targets.get(of) ?? {});
    if (!listed.some(([listedAt]) => listedAt === at)) return [];
    repository.targets.set(of, Object.fromEntries(listed.filter(([listedAt]) => listedAt !== at)));
    return [of];
  };
}

function rotates(of: TopRole, by: Signing): Edit {
  return (repository) => {
    repository.top[of] = by;
    return ['root', of];
  };
}

/** A long time passes, and what was published is signed anew; or a short one, and it is not. */
function waits(seconds: number): Edit {
  return (repository) => {
    repository.now += seconds;
    return seconds > 10_000 ? ['root', ...repository.targets.keys()] : [];
  };
}
