import { canonicalText, fileText } from '../../src/canonical.ts';
import { parseJson } from '../../src/strict-json.ts';
import { readBytes, type Kind } from '../kind.ts';

/** Strict JSON and its canonical form (SPEC §1.1, §1.2). */
export const json: Kind = {
  required: [],
  optional: ['text', 'bytes'],
  facts: ['canonical', 'file'],
  prepare(members) {
    const bytes = readBytes(members, 'the document');
    return () => {
      const value = parseJson(bytes, 1024 * 1024);
      return { canonical: canonicalText(value), file: fileText(value) };
    };
  },
};
