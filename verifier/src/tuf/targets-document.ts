import { isObject, type JsonObject } from '../json.ts';
import { scanEntry, type ScannedEntry } from '../scan-entry.ts';
import { decodeCapped, readJson } from '../strict-json.ts';
import { documentOf, openDocument, type Document } from './document.ts';

/** A partner's file as most of it is needed: its targets are not parsed, but recognised, because few of them are ever used. */
export type TargetsDocument = Document & {
  /** Those that were recognised; `targets` has the others. */
  readonly scanned: readonly ScannedEntry[];
};

/** Reads such a file. Throws what `openDocument` throws. */
export function openTargetsDocument(file: Uint8Array, maxBytes: number): TargetsDocument {
  const aside = new Map<JsonObject, ScannedEntry[]>();
  const { value, plain } = readJson(decodeCapped(file, maxBytes), {
    within: 'targets',
    scan: scanEntry,
    found: aside,
  });
  // What stands at another place, or in a text that is not canonical, must not be passed over: then all of it is parsed. So it is beside
  // foreign members, where the signed bytes would be made anew from a value that lacks what was set aside.
  const usual = plain && isObject(value) && Object.keys(value).length === 2;
  const scanned = usual && isObject(value.signed) && aside.get(value.signed.targets as JsonObject);
  if (!scanned || aside.size > 1) return { ...openDocument(file, maxBytes), scanned: [] };
  return { ...documentOf(value, file), scanned };
}
