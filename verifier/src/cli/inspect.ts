import { BUNDLE_MAGIC } from '../bundle.ts';
import { startClock } from '../clock.ts';
import { count } from '../duration.ts';
import { restoreReplayTable } from '../http/replay.ts';
import { installedAnchor } from '../installed-anchor.ts';
import { isReasonCode, pageOf } from '../installed-page.ts';
import { isObject, type JsonObject } from '../json.ts';
import { attempt } from '../attempt.ts';
import { lookAtState } from '../look-at-state.ts';
import { Refused } from '../refused.ts';
import { rememberSigners } from '../signers-memo.ts';
import { parseJson } from '../strict-json.ts';
import { NotUnderstood } from './arguments.ts';
import type { Command } from './command.ts';
import { inspectAnchor } from './inspect/anchor.ts';
import { inspectAttestation } from './inspect/attestation.ts';
import { inspectBundle } from './inspect/bundle.ts';
import { inspectFloor } from './inspect/floor.ts';
import type { Inspected, Means } from './inspect/inspected.ts';
import { inspectMetadata } from './inspect/metadata.ts';
import { inspectReceipt } from './inspect/receipt.ts';
import { columns, fold, visible } from './output.ts';
import { readWhole } from './read-file.ts';
import { whereMore } from './refusal.ts';
import { requireOrigin } from './view.ts';
import { programName } from './program.ts';

/** Says what a file is and what stands in it, and whether anything of that was verified. */
export const inspect: Command = {
  name: 'inspect',
  files: ['FILE'],
  options: ['state', 'origin', 'json'],
  about: 'what a file is, what is in it, and whether it is verified',
  help: [
    'Recognises bundles, metadata files (root, timestamp, snapshot, targets and the roles below), trust anchors, floors, receipts, attestations and saved refusals, and says in words what is in them.',
    'What can be verified with the installed anchor and the loaded bundle is verified; of everything else it says that it was only read. Ends with 0, with 1 when the file is refused, with 2 when it is nothing of these. Changes nothing.',
  ],
  run({ files: [file = ''], state, origin }) {
    requireOrigin(origin);
    const bytes = readWhole(file);
    const clock = startClock();
    const anchor = attempt(installedAnchor);
    const memo = rememberSigners();
    const sight =
      anchor instanceof Refused
        ? anchor
        : attempt(() => lookAtState({ anchor, folder: state, origin, clock, memo }));
    const { kind, title, facts, proved } = recognise(bytes, { anchor, sight, origin, clock });
    const rows = Object.entries(facts).flatMap(([name, value]) => rowsOf(name, value));
    const code = proved.kind === 'refused' ? proved.code : null;
    const word = { verified: 'VERIFIED', refused: 'REFUSED', read: 'ONLY READ' }[proved.kind];
    return {
      exit: proved.kind === 'refused' ? 1 : 0,
      lines: [
        ...fold(`${title}.`),
        '',
        ...columns(rows),
        ...(rows.length === 0 ? [] : ['']),
        ...columns([[word, proved.how]]),
        ...(code === null ? [] : whereMore(code)),
      ],
      json: {
        type: 'appwarrant/inspected/1',
        kind,
        proved: proved.kind,
        how: proved.how,
        code,
        page: code === null ? null : pageOf(code),
        facts,
      },
    };
  },
};

function rowsOf(name: string, value: string | readonly string[]): readonly (readonly string[])[] {
  const items = typeof value === 'string' ? [value] : value;
  return items.map((item, i) => [i === 0 ? name : '', item]);
}

/** What the bytes are, by how they begin. Throws what reading them throws, and `NotUnderstood`. */
function recognise(bytes: Uint8Array, means: Means): Inspected {
  const start = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  if (start.startsWith(BUNDLE_MAGIC)) return inspectBundle(bytes, means);
  if (start.startsWith('AppWarrant replay 1\n')) return inspectReplay(bytes);
  if (start.trimStart().startsWith('{')) return recogniseJson(bytes, means);
  if (start.includes('PRIVATE KEY-----')) return privateKey;
  if (bytes.length < 16 * 1024) {
    const text = Buffer.from(bytes).toString('latin1').trim();
    if (/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(text)) return inspectAttestation(text, means);
  }
  if (/^[A-Za-z0-9-]{1,32} \S+ HTTP\//.test(start)) return savedRequest();
  throw new NotUnderstood(
    `This is nothing that the verifier reads. Whether it is an approved build, ${programName()} verify-artifact says.`,
  );
}

/** The longest JSON document that is read, in bytes: the longest metadata file. */
const mostOfJson = 64 * 1024 * 1024;

function recogniseJson(bytes: Uint8Array, means: Means): Inspected {
  const value = parseJson(bytes, mostOfJson);
  if (!isObject(value)) throw new NotUnderstood('This is JSON, and nothing that the verifier reads.');
  if ('signed' in value && 'signatures' in value) return inspectMetadata(bytes, means);
  const type = typeof value.type === 'string' ? value.type : '';
  if (type === 'appwarrant/anchor/1') return inspectAnchor(bytes, means);
  if (type === 'appwarrant/floor/1') return inspectFloor(bytes, means);
  if (type === 'appwarrant/receipt/1') return inspectReceipt(value, means);
  if (type.startsWith('urn:appwarrant:')) return inspectRefusal(type.slice('urn:appwarrant:'.length), value);
  if ('method' in value && 'target' in value) return savedRequest();
  throw new NotUnderstood(
    `This is JSON, and nothing that the verifier reads${type === '' ? '' : `: ${visible(type.slice(0, 60))}`}.`,
  );
}

/** The problem with which a request was refused, as a client saved it. */
function inspectRefusal(code: string, value: JsonObject): Inspected {
  const texts = Object.entries(value).flatMap(([name, each]): [string, string][] =>
    name !== 'type' && (typeof each === 'string' || typeof each === 'number')
      ? [[name, String(each).split('\n').join(' / ').slice(0, 2000)]]
      : [],
  );
  const whose = isReasonCode(code) ? "the verifier's" : "not the verifier's: the portal's, or nobody's";
  return {
    kind: 'refusal',
    title: `The answer to a refused request: ${code.slice(0, 80)}`,
    facts: Object.fromEntries(texts.slice(0, 20)),
    proved: {
      kind: 'read',
      how: `Its code is ${whose}. ${programName()} help ${code.slice(0, 80)} says what it means.`,
    },
  };
}

function inspectReplay(bytes: Uint8Array): Inspected {
  const whole = restoreReplayTable(bytes) !== undefined;
  return {
    kind: 'replay',
    title: 'The used nonces of a server that was closed',
    facts: { size: count(bytes.length, 'byte') },
    proved: {
      kind: 'read',
      how: whole ? 'It is whole.' : 'It is torn or altered: the next start takes none of them.',
    },
  };
}

const privateKey: Inspected = {
  kind: 'privateKey',
  title: 'A private key',
  facts: {},
  proved: {
    kind: 'read',
    how: 'It is not read further. Keep it where it is, readable for the server alone; send it to nobody.',
  },
};

const savedRequest = (): Inspected => ({
  kind: 'request',
  title: 'A saved request',
  facts: {},
  proved: { kind: 'read', how: `Why it is admitted or refused, ${programName()} explain says.` },
});
