import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { Refused } from '../../src/refused.ts';
import { StepRefused } from '../../vectors/kind.ts';
import { kinds } from '../../vectors/kinds.ts';
import { valueTarget, type Target } from '../target.ts';

// Every vector, with one or more defects beyond its own: inputs that come nearer to the rules than anything at random.

const folder = join(import.meta.dirname, '../../vectors');
const about = new Set(['format', 'about', 'spec', 'kind', 'expect']);
/** Kinds whose vectors open bundles, sign or write files. */
const heavy: ReadonlySet<string> = new Set(['attestation', 'folder', 'load', 'request']);

/** What the vectors of a kind give the verifier. */
function inputsOf(kind: string): readonly JsonObject[] {
  return globSync('*/*.json', { cwd: folder })
    .toSorted()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as JsonObject)
    .filter((vector) => vector.kind === kind)
    .map((vector) => Object.fromEntries(Object.entries(vector).filter(([name]) => !about.has(name))));
}

/** A vector that is malformed itself says nothing about the verifier. */
function prepare(kind: string, value: JsonValue): () => unknown {
  try {
    return kinds.get(kind)?.prepare(isObject(value) ? value : {}) ?? (() => undefined);
  } catch {
    throw new Refused('value_malformed');
  }
}

export const vectorTargets: readonly Target[] = [...kinds.keys()].map((kind) =>
  valueTarget({
    name: `vector-${kind}`,
    parsers: [],
    heavy: heavy.has(kind),
    disk: kind === 'folder' ? 10_000 : 0,
    words: ['2030-01-01T00:00:00Z', '"', '=', ';', ',', '%2e', 'https://'],
    seeds: () => inputsOf(kind),
    judge: (value) => {
      const judge = prepare(kind, value);
      try {
        judge();
      } catch (error) {
        if (error instanceof StepRefused) throw new Refused('value_malformed');
        throw error;
      }
    },
  }),
);
