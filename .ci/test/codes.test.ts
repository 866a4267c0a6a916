import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keysCodes } from '../../keys/src/keys-error.ts';
import { sdkCodes } from '../../sdk/src/codes.ts';
import { PROBLEMS } from '../../server/src/problems.ts';
import { reasons } from '../../verifier/src/reasons.ts';

const FOLDER = join(import.meta.dirname, '../../docs/codes');

/** Every code with what its page has to say about who says it. */
const said: readonly (readonly [code: string, sentence: string])[] = [
  ...Object.entries(reasons).map(
    ([code, { status }]) => [code, `Said by the verifier, with status ${status}.`] as const,
  ),
  ...[...PROBLEMS].map(([code, { status }]) => [code, `Said by the portal, with status ${status}.`] as const),
  ...keysCodes.map((code) => [code, 'Said by the ceremony, and by the portal about its keys.'] as const),
  ...Object.keys(sdkCodes).map((code) => [code, 'Said by the sdk.'] as const),
];

describe('the codes', () => {
  it('stand in one list each', () => {
    const codes = said.map(([code]) => code);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  it('are lower snake case', () => {
    expect(said.map(([code]) => code).filter((code) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code))).toEqual(
      [],
    );
  });

  it('have a page each in docs/codes, and no page lacks a code', () => {
    const pages = readdirSync(FOLDER).toSorted();
    expect(pages).toEqual(said.map(([code]) => `${code}.md`).toSorted());
  });

  it.each(said)(
    '%s has a page that says who says it, what it means, who can fix it and what to do',
    (code, sentence) => {
      const page = readFileSync(join(FOLDER, `${code}.md`), 'utf8');
      const parts = page.trimEnd().split('\n\n');
      expect(parts.slice(0, 2)).toEqual([`# ${code}`, sentence]);
      expect(parts.slice(2).map((part) => /^\*\*(.+?)\.\*\* \S/.exec(part)?.[1])).toEqual([
        'Meaning',
        'Who can fix it',
        'What to do',
      ]);
    },
  );
});
