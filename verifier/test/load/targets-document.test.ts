import { describe, expect, test } from 'vitest';
import { openDocument } from '../../src/tuf/document.ts';
import { openTargetsDocument } from '../../src/tuf/targets-document.ts';
import { refusal } from '../compose/story.ts';

// Approvals that are only scanned must mean what they would mean if they were parsed, to the byte.

const most = 64 * 1024 * 1024;
const one =
  '{"approver":"u","authenticatorData":"","clientDataJSON":"","index":0,"key":"","path":[],"signature":"","size":1}';
const withCustom = (custom: string, signatures = '[]'): Uint8Array =>
  Buffer.from(`{"signatures":${signatures},"signed":{"targets":{"p":{"custom":${custom}}}}}`);

const foreign = (file: Uint8Array): Uint8Array =>
  Buffer.from(`{"a":1,${Buffer.from(file).toString().slice(1)}`);

describe('Approvals that are set aside', () => {
  test.each([
    ['where they belong', withCustom(`{"approvals":[${one}],"kind":"entry"}`)],
    ['in a signature', withCustom('{}', `[{"approvals":[${one}],"keyid":"a","sig":"00"}]`)],
    ['deeper than a target’s custom', withCustom(`{"app":{"approvals":[${one}]}}`)],
    ['with more members than they have', withCustom(`{"approvals":[${one.replace('}', ',"x":1}')}]}`)],
    ['in a text with white space', withCustom(`{"approvals": [${one}]}`)],
    ['after a name that sorts behind', withCustom(`{"kind":"entry","approvals":[${one}]}`)],
    ['beside a foreign member', foreign(withCustom(`{"approvals":[${one}]}`))],
    ['33 of them', withCustom(`{"approvals":[${Array.from({ length: 33 }, () => one).join(',')}]}`)],
  ])('%s leave the signed bytes as they are', (_, file) => {
    expect(Buffer.from(openTargetsDocument(file, most).signedBytes).toString()).toBe(
      Buffer.from(openDocument(file, most).signedBytes).toString(),
    );
  });

  test('twice in one object are refused', () => {
    const file = withCustom(`{"approvals":[${one}],"approvals":[]}`);
    refusal('json_malformed', () => openTargetsDocument(file, most));
  });

  test('of any length are read or refused: no text overflows the stack', () => {
    const path = `[${Array.from({ length: 10_000_000 }, () => '""').join(',')}]`;
    const file = withCustom(`{"approvals":[${one.replace('[]', path)}]}`);
    expect(openTargetsDocument(file, most).approvals.size).toBe(0);
  });
});
