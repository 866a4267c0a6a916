import { isObject, type JsonObject } from '../json.ts';
import { decodeCapped, readJson, type SetAside } from '../strict-json.ts';
import { documentOf, openDocument, type Document } from './document.ts';

/**
 * A partner's file as most of it is needed: with the approvals of its targets not parsed, but scanned. They make up most of the file,
 * and few entries are ever used.
 */
export type TargetsDocument = Document & {
  /** Canonical texts of `custom.approvals`, by the `custom` that lacks the member for it. */
  readonly approvals: ReadonlyMap<JsonObject, string>;
};

const bytes = '"[A-Za-z0-9_-]*"';
const number = '(?:0|[1-9][0-9]{0,14})';
const approval =
  `\\{"approver":${bytes},"authenticatorData":${bytes},"clientDataJSON":${bytes},"index":${number},"key":${bytes},` +
  `"path":\\[(?:${bytes}(?:,${bytes}){0,9})?\\],"signature":${bytes},"size":${number}\\}`;
/**
 * Approvals in canonical form and of the usual structure; others are parsed like everything else. As many as SPEC §4.1 allows: an
 * unbounded repetition overflows the stack of the pattern's matcher on long texts.
 */
const approvals = new RegExp(`\\[(?:${approval}(?:,${approval}){0,31})?\\]`, 'y');

/** Reads such a file. Throws what `openDocument` throws. */
export function openTargetsDocument(file: Uint8Array, maxBytes: number): TargetsDocument {
  const setAside: SetAside = { name: 'approvals', pattern: approvals, texts: new Map() };
  const { value, plain } = readJson(decodeCapped(file, maxBytes), setAside);
  // What stands at another place, or in a text that is not canonical, must not be passed over: then all of it is parsed. So it is beside
  // foreign members, where the signed bytes would be made anew from a value that lacks what was set aside.
  const usual = plain && isObject(value) && Object.keys(value).length === 2;
  if (!usual || countAtTargets(value, setAside) !== setAside.texts.size) {
    return { ...openDocument(file, maxBytes), approvals: new Map() };
  }
  return { ...documentOf(value, file), approvals: setAside.texts };
}

/** How many texts were set aside where they belong: in the `custom` of a target. */
function countAtTargets({ signed }: JsonObject, { texts }: SetAside): number {
  const targets = isObject(signed) && isObject(signed.targets) ? signed.targets : {};
  let count = 0;
  for (const path of Object.keys(targets)) {
    const target = targets[path];
    if (isObject(target) && isObject(target.custom) && texts.has(target.custom)) count += 1;
  }
  return count;
}
