import { expect, test } from 'vitest';
import { fileText } from '../../src/formats.ts';
import { openTargetsDocument } from '../../src/tuf/targets-document.ts';
import { tellStory } from '../compose/story.ts';

test('What looks like an entry is read or refused, of any length: no text overflows the stack', () => {
  const { path, length, digest, custom, approvals } = tellStory().entry;
  const targets = { [path]: { custom: { ...custom, approvals }, hashes: { sha256: digest }, length } };
  const common = { _type: 'targets', expires: '2031-01-01T00:00:00Z', spec_version: '1.0.34', version: 1 };
  const good = fileText({ signatures: [], signed: { ...common, targets } });
  const most = 64 * 1024 * 1024;
  expect(openTargetsDocument(Buffer.from(good), most).scanned).toHaveLength(1);
  const paths = `[${Array.from({ length: 10_000_000 }, () => '""').join(',')}]`;
  const file = Buffer.from(good.replace(/"path":\[[^\]]*\]/, `"path":${paths}`));
  expect(openTargetsDocument(file, most).scanned).toEqual([]);
});
