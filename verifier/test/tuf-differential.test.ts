import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { attacks } from './compose/tuf-attacks.ts';
import { askTufJs } from './compose/tuf-js-client.ts';
import { differences } from './compose/tuf-differences.ts';
import { askOurs, textOf, type AskedClient, type Files } from './compose/tuf-outcome.ts';
import {
  compose,
  createRepository,
  nameOf,
  publish,
  targetOf,
  type TufRepository,
} from './compose/tuf-repository.ts';
import { askedPaths, attackedRoles, settle, stories } from './compose/tuf-stories.ts';

// Our core and tuf-js visit the same repositories, again and again. After each visit they have answered alike and trust the same bytes, or
// what they differ in is on the list of SPEC §13. The seed is fixed: the same stories in every run, though with other keys.

const newYear = 1_893_456_000;
const clients: AskedClient[] = [];
/** What an attacker may do: it changes no trust, or the role is entitled to it. */
const harmless = new Set([
  'is signed by a stranger as well',
  'says more',
  'lists no digests',
  'delegates all paths',
  'delegates no paths',
  'delegates in another order',
  'delegates by digests',
]);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
  for (const client of clients.splice(0)) client.end();
});

describe('Our core and tuf-js agree', () => {
  test('on generated repositories, honest and attacked', async () => {
    const property = fc.asyncProperty(
      fc.boolean(),
      fc.boolean(),
      stories,
      async (consistent, measured, story) => {
        const told = await begin(consistent, measured);
        for (const { edits, attack, spoiled } of story) {
          const { repository, both } = told;
          repository.earlierRoot = repository.top.root;
          const changed = edits.flatMap((edit) => edit(repository));
          const served = publishAttacked(told, changed, attack);
          if (spoiled !== undefined) spoil(both, spoiled.role, spoiled.torn);
          await visit(both, served, askedPaths, repository.now);
        }
      },
    );
    await fc.assert(property, { seed: 20_301, numRuns: 60 });
  });

  test.each(Object.keys(attacks))('when a file %s', async (what) => {
    let refusals = 0;
    for (const [i, role] of attackedRoles.entries()) {
      const told = await begin(i % 2 === 0, i % 3 === 0);
      const attacked = publishAttacked(told, [], { what, role, back: 2 });
      const answers = await visit(told.both, attacked, askedPaths, newYear);
      if (answers === 'refused' || answers.includes('refused')) refusals += 1;
      await visit(told.both, publishAttacked(told, [role], undefined), askedPaths, newYear);
    }
    expect(refusals > 0).toBe(!harmless.has(what));
  });
});

describe('They differ, as SPEC §13 says: ours first, then theirs', () => {
  test('with a case for each of its clauses', () => {
    const spec = readFileSync(join(import.meta.dirname, '../SPEC.md'), 'utf8');
    const [, section = ''] = spec.split('\n## 13. ');
    const clauses = [...section.matchAll(/^(\d+)\. /gm)].map(([, number = '']) => `§13.${number}`);
    expect(clauses.length).toBeGreaterThan(10);
    expect(clauses).toEqual([...new Set(differences.map(({ clause }) => clause))]);
  });

  test.each(differences)('$clause $what', async ({ change, path = 'x', ours, theirs }) => {
    const repository = createRepository(true, true, newYear);
    repository.targets.set('targets', { x: targetOf('x') });
    publish(repository, ['root', 'targets']);
    const files = change(repository);
    const both = meet(files.get('1.root.json'));
    vi.setSystemTime(newYear * 1000);
    const answers: string[] = [];
    for (const client of both) {
      const { answers: told } = await client.ask(files, [path], newYear);
      const answer = told === 'refused' ? told : (told[0] ?? '');
      answers.push(answer.startsWith('{') ? 'found' : answer);
    }
    expect(answers).toEqual([ours, theirs]);
  });

  test('§13.6 a held snapshot of the right version is no substitute for the one whose digest was signed', async () => {
    const told = await begin(true, true);
    const [ours, theirs] = told.both;
    publish(told.repository, []);
    told.repository.versions.set('snapshot', 2);
    const files = compose(told.repository);
    const [of, to] = [await ours.ask(files, ['x'], newYear), await theirs.ask(files, ['x'], newYear)];
    expect([of.held.snapshot === textOf(fileIn(files, '2.snapshot.json')), of.answers]).toEqual([
      true,
      to.answers,
    ]);
    expect(to.held.snapshot).toBe(textOf(fileIn(told.honest, '2.snapshot.json')));
  });
});

type Told = {
  readonly repository: TufRepository;
  readonly both: readonly [AskedClient, AskedClient];
  /** Every file that was honestly published, and what each publication made. */
  readonly honest: Map<string, Uint8Array>;
  readonly history: Files[];
};

/** A repository that has been published twice, and that both clients have visited once. */
async function begin(consistent: boolean, measured: boolean): Promise<Told> {
  const repository = createRepository(consistent, measured, newYear);
  settle(repository);
  const history = [compose(repository)];
  publish(repository, attackedRoles);
  history.push(compose(repository));
  const honest = new Map(history.flatMap((files) => [...files]));
  const both = meet(honest.get('1.root.json'));
  await visit(both, honest, askedPaths, newYear);
  return { repository, both, honest, history };
}

/** Publishes these roles, and the attacked one. Gives what is served: with the attack, which the next publication knows nothing of. */
function publishAttacked(
  { repository, honest, history }: Told,
  changed: readonly string[],
  attack: { readonly what: string; readonly role: string; readonly back: number } | undefined,
): Files {
  publish(repository, attack === undefined ? changed : [...changed, attack.role]);
  const published = compose(repository);
  for (const [name, bytes] of published) honest.set(name, bytes);
  const served = new Map(honest);
  if (attack !== undefined) {
    for (const name of published.keys()) served.delete(name);
    const earlier = fileOf(repository, attack.role, history.at(-attack.back));
    const attacked = compose(repository, attacks[attack.what]?.(attack.role, earlier));
    for (const [name, bytes] of attacked) served.set(name, bytes);
  }
  history.push(published);
  return served;
}

function fileIn(files: Files, name: string): Uint8Array {
  return files.get(name) ?? new Uint8Array();
}

/** Both clients, trusting this root. */
function meet(root: Uint8Array | undefined): readonly [AskedClient, AskedClient] {
  if (root === undefined) throw new Error('There is no first root.');
  const both = [askOurs(root), askTufJs(root)] as const;
  clients.push(...both);
  return both;
}

/** Lets both refresh and ask, and expects that they agree. */
async function visit(
  [ours, theirs]: readonly [AskedClient, AskedClient],
  files: Files,
  paths: readonly string[],
  now: number,
): Promise<readonly string[] | 'refused'> {
  vi.setSystemTime(now * 1000);
  const outcome = await ours.ask(files, paths, now);
  expect(outcome).toEqual(await theirs.ask(files, paths, now));
  return outcome.answers;
}

function spoil(both: readonly AskedClient[], role: string, torn: boolean): void {
  for (const client of both)
    client.spoil(role, (bytes) => (torn ? bytes.subarray(0, bytes.length / 2) : undefined));
}

/** A role's file among those of one publication, whatever its version was. */
function fileOf(repository: TufRepository, role: string, files: Files | undefined): Uint8Array | undefined {
  const suffix = nameOf(repository, role, 0).replace(/^0/, '');
  return [...(files ?? [])].find(([name]) => name.replace(/^[0-9]+/, '') === suffix)?.[1];
}
