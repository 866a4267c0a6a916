import { environments } from '../../src/custom.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import { readPartnerEntries, statementOfEntry } from '../../src/partner-entries.ts';
import { statementDigest, statementOf, type Statement } from '../../src/statement.ts';
import { read, readText, type Kind } from '../kind.ts';

/** A target where it was found, as the statement that it makes (SPEC §3). */
export const statement: Kind = {
  required: ['found'],
  facts: ['kind', 'digest'],
  prepare({ found }) {
    const make = readFound(found);
    return () => {
      const made = make();
      return { kind: made.kind, digest: statementDigest(made) };
    };
  },
};

/** Reads where a target was found and what it says; the result makes its statement, or refuses. */
export function readFound(value: JsonValue | undefined): () => Statement {
  const found = read.members(value, 'found', [
    'custom',
    'environment',
    'hashes',
    'length',
    'path',
    'registry',
    'role',
  ]);
  const place = {
    registry: readText(found.registry, 'found.registry'),
    environment: read.oneOf(found.environment, 'found.environment', environments),
  };
  const role = readText(found.role, 'found.role');
  const path = readText(found.path, 'found.path');
  const { custom = null, hashes = null, length = null } = found;
  if (role.startsWith('p-')) return () => entryAt(role, path, { custom, hashes, length }, place);
  const target = {
    custom: read.object(custom, 'found.custom'),
    hashes: read.object(hashes, 'found.hashes'),
    length: read.integer(length, 'found.length', 0, Number.MAX_SAFE_INTEGER),
  };
  return () => statementOf({ ...place, role, path, target });
}

function entryAt(
  role: string,
  path: string,
  target: JsonObject,
  place: Parameters<typeof statementOfEntry>[1],
): Statement {
  const { entries, refused } = readPartnerEntries(role, { targets: { [path]: target } }, []);
  if (refused[0] !== undefined) throw refused[0].reason;
  const [entry] = entries;
  if (entry === undefined) throw new TypeError('One target is one entry, or refused.');
  return statementOfEntry(entry, place);
}
