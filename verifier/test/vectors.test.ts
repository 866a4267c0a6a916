import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonCodes } from '../src/reasons.ts';
import { Refused } from '../src/refused.ts';
import { disagreement, readVector } from '../vectors/judge-vector.ts';
import { kinds } from '../vectors/kinds.ts';
import { allCases } from '../vectors/make/all-cases.ts';
import { fileOf } from '../vectors/make/vector-case.ts';

const folder = join(import.meta.dirname, '../vectors');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .toSorted();
const read = (name: string): Buffer => readFileSync(join(folder, name));
const made = allCases();
const readme = readFileSync(join(folder, 'README.md'), 'utf8');

describe('Every vector', () => {
  it('agrees with the verifier', () => {
    expect(files.map((name) => [name, disagreement(read(name))]).filter(([, how]) => how !== null)).toEqual(
      [],
    );
    expect(files.length).toBeGreaterThan(250);
  });

  it('comes out the same when it is made again', () => {
    const again = new Map(made.map(({ path, vector }) => [path, fileOf(vector)]));
    expect([...again.keys()].toSorted()).toEqual(files);
    expect(files.filter((name) => again.get(name) !== read(name).toString())).toEqual([]);
  });

  it('that is refused has one defect: without it, it is accepted', () => {
    const refusedStill = made.flatMap(({ path, repaired }) => {
      const how = repaired === null ? null : disagreement(Buffer.from(fileOf(repaired)));
      return how === null ? [] : [`${path}: ${how}`];
    });
    expect(refusedStill).toEqual([]);
  });

  it('is named after what is expected of it, and is about one sentence', () => {
    for (const name of files) {
      const { about, expect: expected } = readVector(read(name));
      const start = 'refused' in expected ? expected.refused : 'accepted';
      expect(basename(name).startsWith(`${start}-`), name).toBe(true);
      expect(about, name).toMatch(/^\S.{8,249}\.$/);
    }
  });

  it('cites sections of the specification that exist', () => {
    const specification = readFileSync(join(folder, '../SPEC.md'), 'utf8');
    const sections = new Set(
      [...specification.matchAll(/^(?:## ([0-9]+)\.|\*\*([0-9]+\.[0-9]+)[ *])/gm)].map(
        ([, top, sub]) => `§${top ?? sub ?? ''}`,
      ),
    );
    const cited = new Set(files.flatMap((name) => readVector(read(name)).spec));
    expect([...cited].filter((section) => !sections.has(section))).toEqual([]);
  });

  it('fits into four and a half megabytes with the others', () => {
    expect(files.reduce((sum, name) => sum + read(name).length, 0)).toBeLessThan(4_500_000);
  });
});

describe('Every reason', () => {
  const covered = new Set(
    files.flatMap((name) => {
      const { expect: expected } = readVector(read(name));
      return 'refused' in expected ? [expected.refused] : [];
    }),
  );
  /** Rows of the table in README: a code, the file of its test, and the test's name. */
  const live = new Map(
    [...readme.matchAll(/^\| `([a-z_]+)` \| `([^`]+)` \| (.+) \|$/gm)].map(
      ([, code = '', file = '', test = '']) => [code, { file, test }],
    ),
  );

  it('has a vector, or a test that README names because it needs a live dependency', () => {
    expect(reasonCodes.filter((code) => !covered.has(code)).toSorted()).toEqual([...live.keys()].toSorted());
  });

  it('that README gives to a test is named in that test', () => {
    for (const [code, { file, test }] of live) {
      const text = readFileSync(join(folder, '..', file), 'utf8');
      expect(text.includes(test) && text.includes(`'${code}'`), `${file}: ${test}`).toBe(true);
    }
  });
});

describe('The format', () => {
  it('has vectors of every kind, accepted ones among them', () => {
    const accepted = files
      .filter((name) => basename(name).startsWith('accepted-'))
      .map((name) => readVector(read(name)).kind);
    expect([...kinds.keys()].filter((kind) => !accepted.includes(kind))).toEqual([]);
  });

  it('is described: every kind, and every member and fact of it', () => {
    for (const [name, { required, optional = [], facts }] of kinds) {
      const section = new RegExp(`^### \`${name}\`$(.*?)^##`, 'ms').exec(`${readme}\n## `)?.[1] ?? '';
      const missing = [...required, ...optional, ...facts].filter(
        (member) => !section.includes(`\`${member}\``),
      );
      expect([name, missing]).toEqual([name, []]);
    }
  });

  const good = (): Record<string, unknown> => ({
    format: 'appwarrant/vector/1',
    about: 'A string.',
    spec: ['§1.1'],
    kind: 'json',
    text: '"a"',
    expect: { accepted: { canonical: '"a"' } },
  });
  const judged = (vector: object): string | null => disagreement(Buffer.from(JSON.stringify(vector)));

  it('is strict: what is not a vector differs, with a sentence', () => {
    expect(judged(good())).toBeNull();
    for (const [wrong, sentence] of [
      [{ ...good(), format: 'appwarrant/vector/2' }, /^is no vector: .*format/],
      [{ ...good(), kind: 'dance' }, /^is no vector: .*kind must be one of json, /],
      [{ ...good(), note: 'a' }, /^is no vector: .*without the member "note"/],
      [{ ...good(), bytes: 'AA==' }, /^is no vector: .*either as text or as bytes/],
      [{ ...good(), spec: ['1.1'] }, /^is no vector: .*spec/],
      [{ ...good(), expect: {} }, /^is no vector: .*expect/],
      [{ ...good(), expect: { accepted: { shape: 1 } } }, /^is no vector: .*"shape"/],
      [{ ...good(), expect: { refused: 'not_a_code' } }, /^is no vector: .*expect\.refused/],
      [{ ...good(), expect: { refused: 'json_malformed', accepted: {} } }, /^is no vector: .*"accepted"/],
    ] as const) {
      expect(judged(wrong)).toMatch(sentence);
    }
    expect(disagreement(Buffer.from('{"a":1,"a":2}'))).toMatch(/^is no vector: json_malformed/);
  });

  it('says what was expected and what came', () => {
    expect(judged({ ...good(), expect: { refused: 'json_malformed' } })).toBe(
      'expected refused json_malformed, came accepted',
    );
    expect(judged({ ...good(), text: '"' })).toMatch(
      /^expected accepted, came refused json_malformed \(.+\)$/,
    );
    expect(judged({ ...good(), expect: { accepted: { canonical: '"b"' } } })).toBe(
      String.raw`expected canonical "\"b\"", came "\"a\""`,
    );
    expect(judged({ ...good(), text: '"', expect: { refused: 'json_malformed', status: 401 } })).toBe(
      'expected status 401, came 400',
    );
    expect(judged({ ...good(), text: '"', expect: { refused: 'json_malformed', members: { at: 1 } } })).toBe(
      'expected at 1, came none',
    );
  });

  it('has one verdict for each vector: an earlier step that is refused is a disagreement', () => {
    const twice = JSON.parse(read('load/rollback-older-bundle.json').toString()) as { steps: object[] };
    const early = { ...twice, steps: [...twice.steps, twice.steps[0]] };
    expect(judged(early)).toBe('expected refused rollback, but step 2 of 3 was refused: rollback');
  });

  it('throws nothing but refusals at whoever reads it', () => {
    expect(() => readVector(Buffer.from('[]'))).toThrow(Refused);
  });
});

describe('The command', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'appwarrant-vectors-'));
    mkdirSync(join(place, 'deep/er'), { recursive: true });
    mkdirSync(join(place, 'empty'));
    mkdirSync(join(place, 'links'));
    writeFileSync(join(place, 'deep/er/one.json'), read('json/json_malformed-duplicate-member.json'));
    writeFileSync(join(place, 'deep/two.json'), read('json/accepted-integers.json'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  const run = (...paths: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=appwarrant-source', join(folder, 'run.ts'), ...paths],
      { encoding: 'utf8', cwd: tmpdir(), env: { ...process.env, INIT_CWD: place } },
    );
    return { status, lines: stdout.trimEnd().split('\n'), stderr };
  };

  it('judges files and folders, relative to where it was typed, and counts', () => {
    expect(run('deep')).toMatchObject({ status: 0, lines: ['2 agree, 0 differ'] });
    expect(run('deep/two.json', 'deep')).toMatchObject({ status: 0, lines: ['2 agree, 0 differ'] });
  });

  it('gives each that differs a line, and ends with 1', () => {
    writeFileSync(join(place, 'deep/bad.json'), '{}');
    const { status, lines } = run('deep');
    expect([status, lines.at(-1)]).toEqual([1, '2 agree, 1 differ']);
    expect(lines[0]).toMatch(/^deep\/bad\.json: is no vector: ./);
  });

  it('says in a sentence that there is nothing to judge, and ends with 2', () => {
    expect(run('nowhere')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^There is no .*nowhere\.\n$/) as string,
    });
    symlinkSync('gone', join(place, 'links', 'a.json'));
    expect(run('links')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^There is no .*a\.json\.\n$/) as string,
    });
    expect(run('empty')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^There are no vectors in .*empty: .*\n$/) as string,
    });
  });
});
