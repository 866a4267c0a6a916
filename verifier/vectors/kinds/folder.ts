import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Anchor } from '../../src/anchor.ts';
import type { Admission } from '../../src/http/admission.ts';
import { anchorIn } from '../../src/installed-anchor.ts';
import type { JsonValue } from '../../src/json.ts';
import { openVerifierFor } from '../../src/open-verifier.ts';
import { Refused } from '../../src/refused.ts';
import { stateFiles } from '../../src/state-folder.ts';
import type { Status } from '../../src/status.ts';
import { read, readBytes, readText, type Facts, type Kind } from '../kind.ts';
import { readMoment, underGivenClock } from './given-clock.ts';
import { readRequest } from './proof.ts';

/** A verifier that starts over a state folder and then checks one request (SPEC §7.1, §7.2, §7.4, §9). */
export const folder: Kind = {
  required: ['anchor', 'origin', 'files', 'startedAt', 'at', 'request'],
  facts: ['kind', 'app', 'deployment', 'versions', 'floorSince', 'freshness'],
  prepare(members) {
    const anchorFile = new TextEncoder().encode(readText(members.anchor, 'anchor'));
    const origin = readText(members.origin, 'origin');
    const files = read.list(members.files, 'files', 0, 20).map(readFile);
    const start = readMoment({ at: members.startedAt ?? null });
    const moment = readMoment({ at: members.at ?? null });
    const request = readRequest(members.request);
    return () =>
      underGivenClock((clock) => {
        clock.moveTo(start);
        const path = mkdtempSync(join(tmpdir(), 'appwarrant-vector-'));
        try {
          for (const { name, bytes } of files) {
            if (bytes === undefined) mkdirSync(join(path, name));
            else writeFileSync(join(path, name), bytes, { mode: 0o600 });
          }
          const verifier = openVerifierFor(installed(anchorFile), { stateDir: path, origin, log: () => {} });
          clock.moveTo(moment);
          return factsOf(verifier.check(request), verifier.status());
        } finally {
          rmSync(path, { recursive: true, force: true });
        }
      });
  },
};

/** A file of the folder: its bytes, or undefined for a folder that stands in its place. */
function readFile(value: JsonValue): { readonly name: string; readonly bytes: Uint8Array | undefined } {
  const file = read.members(value, 'a file', ['name'], ['text', 'bytes', 'folder']);
  const name = read.oneOf(file.name, 'a file name', Object.values(stateFiles));
  if (file.folder === undefined) return { name, bytes: readBytes(file, name) };
  if (file.folder !== true || file.text !== undefined || file.bytes !== undefined)
    read.refuse(name, 'either bytes or a folder');
  return { name, bytes: undefined };
}

function installed(file: Uint8Array): Anchor | Refused {
  try {
    return anchorIn(file);
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

function factsOf(admission: Admission, { allowlist, deployment }: Status): Facts {
  return {
    kind: admission.kind,
    app: admission.kind === 'app' ? admission.app.id : null,
    deployment,
    versions: allowlist?.versions ?? null,
    floorSince: allowlist?.floorSince ?? null,
    freshness: admission.freshness,
  };
}
