import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { p256OfPrivatePem } from '../../src/deployment-id.ts';
import { readDeployment } from '../../src/deployment-id.ts';
import { readFloor, writeFloor } from '../../src/floor.ts';
import { createReplayTable } from '../../src/http/replay.ts';
import { isObject, type JsonValue } from '../../src/json.ts';
import { openVerifierFor } from '../../src/open-verifier.ts';
import { Refused } from '../../src/refused.ts';
import { readState, stateFiles } from '../../src/state-folder.ts';
import { deploymentKey, firstAnchor } from '../../vectors/make/world.ts';
import { corpus, deployment, origin, requests } from '../corpus.ts';
import { demand, latin1, textTarget, valueTarget, type Target } from '../target.ts';

// The state folder belongs to the owner of the machine, who puts into it what he likes.

let folder: string | undefined;

/** A folder of this process alone. */
function scratch(): string {
  if (folder !== undefined) return folder;
  folder = mkdtempSync(join(tmpdir(), 'appwarrant-fuzz-'));
  const made = folder;
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  return folder;
}

export const folderTargets: readonly Target[] = [
  textTarget({
    name: 'deployment-key',
    parsers: ['deployment-id.p256OfPrivatePem'],
    words: [
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
      '-----BEGIN EC PRIVATE KEY-----',
      '\n',
      'ENCRYPTED',
      'MIGH',
    ],
    seeds: () => [deploymentKey.pem],
    judge: (text) => {
      const point = p256OfPrivatePem(text);
      if (point === undefined) throw new Refused('deployment_key_malformed');
      demand(point.x.length === 43 && point.y.length === 43, 'has a point');
    },
  }),
  valueTarget({
    name: 'state-folder',
    heavy: true,
    parsers: [
      'open-verifier.openVerifierFor',
      'store.openStore',
      'status.openStatus',
      'state-folder.readState',
      'deployment-id.readDeployment',
    ],
    words: ['AppWarrant bundle 1\n', '{"check":"', 'AppWarrant replay 1\n'],
    disk: 10_000,
    seeds: () => {
      const { bundle, later, opened } = corpus();
      const files = {
        'deployment-key.pem': deploymentKey.pem,
        'floor.json': latin1(writeFloor(opened.nextFloor)),
        bundle: latin1(bundle),
        replay: latin1(createReplayTable(Buffer.alloc(32, 7), 64).save(1000)),
        'replay.owner': 'somebody',
      };
      return [files, { ...files, 'bundle.incoming': latin1(later) }];
    },
    judge: (value) => {
      const stateDir = scratch();
      const files = isObject(value) ? value : {};
      for (const name of Object.values(stateFiles)) put(join(stateDir, name), files[name]);
      const before = floorIn(stateDir);
      const anchor = firstAnchor(corpus().world);
      const verifier = openVerifierFor(anchor, { stateDir, origin, log: () => undefined });
      const { allowlist, deployment: found } = verifier.status();
      let refused: unknown;
      try {
        verifier.check(requests()[0] as ReturnType<typeof requests>[0]);
      } catch (error) {
        refused = error;
      }
      verifier.close();
      // Signed in 2030, which every check refuses until then.
      demand(refused instanceof Refused, 'refuses everything: the clock is behind');
      const after = floorIn(stateDir);
      if (before !== null && before.registry === anchor.registry) {
        demand(after !== null, 'keeps its floor');
        for (const [role, { version }] of before.roles)
          demand((after.roles.get(role)?.version ?? 0) >= version, 'lets no version fall');
        for (const name of before.revocations.keys())
          demand(after.revocations.has(name), 'forgets no revocation');
      }
      if (allowlist === null) throw refused;
      demand(found === deployment && readDeployment(stateDir) === deployment, 'is this deployment');
    },
  }),
];

/** Writes a file as a value says: nothing for null, and a folder for a list. */
function put(path: string, content: JsonValue | undefined): void {
  rmSync(path, { recursive: true, force: true });
  if (typeof content === 'string') writeFileSync(path, content, 'latin1');
  else if (Array.isArray(content)) mkdirSync(path);
}

function floorIn(stateDir: string): ReturnType<typeof readFloor> {
  try {
    const bytes = readState(stateDir, stateFiles.floor);
    return bytes === null ? null : readFloor(bytes);
  } catch (error) {
    // A folder where the file should be.
    if (error instanceof Refused) return null;
    throw error;
  }
}
