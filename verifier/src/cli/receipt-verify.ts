import { startClock } from '../clock.ts';
import { duration } from '../duration.ts';
import { installedAnchor } from '../installed-anchor.ts';
import { NotUnderstood } from './arguments.ts';
import type { Answer, Command, Given, Progress } from './command.ts';
import { columns, fold, visible } from './output.ts';
import { bundleLimits } from '../bundle.ts';
import { openChunks, readWhole } from './read-file.ts';
import { noticeDoubles } from './receipt/doubles.ts';
import { judgeReceipts } from './receipt/judge-receipt.ts';
import { metadataOf, openMetadata, type MetadataAtHand } from './receipt/metadata-at-hand.ts';
import { aboutOutcome, proves, provesNot, verdictJson } from './receipt/tell-receipt.ts';
import { countOutcomes, verifyReceipts, type Judged, type Outcome } from './receipt/verify-receipts.ts';
import { programName } from './program.ts';
import { whereMore } from './refusal.ts';
import { bytesHere, loadedHere, viewSite } from './view.ts';
import { createLines } from './write-lines.ts';

/** So many verdicts are told one by one. */
const mostTold = 20;

/** Verifies receipts again, one or millions, and says what they prove and what they do not. */
export const receiptVerify: Command = {
  name: 'receipt verify',
  files: ['FILE…'],
  options: ['state', 'origin', 'bundle', 'failed', 'each', 'json'],
  about: 'what receipts prove, one or a million of them',
  help: [
    'Verifies receipts with the metadata that is loaded here, or with the bundle that is given: that the key that they name signed what they say, for this deployment, under an approval that was in force when they say they were received. FILE holds one receipt, or one on each line, as JSON or as the sidecar hands it on; - is standard input.',
    `It says what is proved and what is not, and never guesses: where only the vendor has the metadata of then, the receipt is UNDECIDED, and says which versions would tell. Up to ${String(mostTold)} are told one by one, more in a table; --failed writes all that did not verify to a new file, --each what was found of each.`,
    'Ends with 0 when all verify; with 1 when one fails, cannot be decided or cannot be read, and when there is none.',
  ],
  async run(given, progress) {
    const { files, state, origin, bundle } = given;
    if (files.filter((file) => file === '-').length > 1)
      throw new NotUnderstood('Standard input can be read once.');
    const anchor = installedAnchor();
    const clock = startClock();
    let metadata: MetadataAtHand;
    if (bundle === null) {
      const view = viewSite(state, origin);
      const opened = loadedHere(view);
      const here = opened.license.custom.deployments.filter(({ id }) => id === view.sight.deployment);
      metadata = metadataOf(bytesHere(view), opened, anchor, here);
    } else {
      metadata = openMetadata(readWhole(bundle, bundleLimits.packed), anchor);
    }
    const now = Math.floor(Math.max(clock.latest() / 1000, metadata.signedAt));
    return verify(given, metadata, now, progress);
  },
};

async function verify(
  given: Given,
  metadata: MetadataAtHand,
  now: number,
  progress: Progress,
): Promise<Answer> {
  const failed = given.failed === null ? null : createLines(given.failed);
  const each = given.each === null ? null : createLines(given.each);
  const doubles = noticeDoubles();
  const outcomes = countOutcomes();
  const told: Judged[] = [];
  const begun = performance.now();
  let count = 0;
  try {
    for await (const batch of verifyReceipts(
      given.files,
      openChunks,
      judgeReceipts(metadata, now),
      doubles,
    )) {
      for (const judged of batch) {
        outcomes.add(judged);
        if (told.length <= mostTold) told.push(judged);
        each?.write(verdictJson(judged));
        if (judged.verdict.kind !== 'verified') failed?.write(failedJson(judged));
      }
      count += batch.length;
      progress(`${count.toLocaleString('en')} receipts, ${rate(count, begun)} a second`);
    }
  } finally {
    progress('');
    failed?.close();
    each?.close();
  }
  const took = (performance.now() - begun) / 1000;
  return answer({ given, metadata, outcomes: outcomes.all(), told, count, took, wasFull: doubles.isFull() });
}

type Summary = {
  readonly given: Given;
  readonly metadata: MetadataAtHand;
  readonly outcomes: readonly Outcome[];
  readonly told: readonly Judged[];
  readonly count: number;
  /** Seconds. */
  readonly took: number;
  readonly wasFull: boolean;
};

function answer({ given, metadata, outcomes, told, count, took, wasFull }: Summary): Answer {
  const { root, targets, timestamp } = metadata.versions;
  const by = `root ${String(root)}, targets ${String(targets)}, timestamp ${String(timestamp)}`;
  const allVerified = count > 0 && outcomes.every(({ kind }) => kind === 'verified');
  const isTold = count <= mostTold;
  const isForeign = count > 1 && outcomes.every(({ about }) => shapeless.has(about));
  const rows = outcomes.map((outcome) => [
    wordOf[outcome.kind],
    outcome.count.toLocaleString('en'),
    aboutOutcome(outcome),
    `first at ${place(given, outcome.first.file, outcome.first.line)}`,
  ]);
  const inTotal = `${count.toLocaleString('en')} ${count === 1 ? 'receipt' : 'receipts'} in ${took < 1 ? 'less than a second' : duration(took)}, by ${by}.`;
  return {
    exit: allVerified ? 0 : 1,
    lines: [
      ...(isForeign ? [...noReceipts(given), ''] : []),
      ...(isTold && !isForeign ? told.flatMap((judged) => [...tell(given, judged), '']) : []),
      ...columns(rows),
      ...fold(inTotal),
      ...(wasFull ? fold('There were too many to notice all that came twice.') : []),
      ...(outcomes.some(({ kind }) => kind === 'verified')
        ? ['', 'What none of them proves:', ...provesNot.flatMap((text) => fold(`- ${text}.`, 2))]
        : []),
      ...(count === 0 ? ['There was no receipt.'] : []),
    ],
    json: {
      type: 'appwarrant/receipts/1',
      count,
      verified: allVerified,
      seconds: Number(took.toFixed(3)),
      versions: metadata.versions,
      outcomes: outcomes.map((outcome) => ({ ...outcome, outcome: outcome.kind, kind: undefined })),
      receipts: isTold ? told.map((judged) => verdictJson(judged)) : null,
      provesNot,
      doublesNoticed: !wasFull,
    },
  };
}

/** What a line is told that is no receipt at all. */
const shapeless: ReadonlySet<Outcome['about']> = new Set([
  'json_malformed',
  'base64url_malformed',
  'value_malformed',
  'too_large',
]);

function noReceipts({ files }: Given): readonly string[] {
  const [file = ''] = files;
  if (files.length > 1) return fold('No line of these files is a receipt.');
  return fold(
    `No line of ${visible(file)} is a receipt: it is another file, or was damaged. ${programName()} inspect says what a file is.`,
  );
}

const wordOf = { verified: 'VERIFIED', failed: 'FAILED', undecided: 'UNDECIDED' } as const;

function tell(given: Given, { file, line, verdict }: Judged): readonly string[] {
  const where = place(given, file, line.number);
  if (verdict.kind === 'verified') return columns([[wordOf.verified, `${where}: ${proves(verdict)}`]]);
  const { code, message } = verdict.why;
  return [
    ...columns([[wordOf[verdict.kind], `${where}: ${code}. ${message}`]]),
    ...(verdict.kind === 'undecided'
      ? columns([['', 'The vendor has that metadata: verify it with its bundle and --bundle.']])
      : []),
    ...whereMore(code),
  ];
}

function place({ files }: Given, file: string, line: number): string {
  return files.length === 1 ? `line ${String(line)}` : `${visible(file)}, line ${String(line)}`;
}

/** With the line as it stands, so that it can be looked at, mended and given again. */
function failedJson(judged: Judged): object {
  const { bytes } = judged.line;
  return { ...verdictJson(judged), text: bytes === null ? null : Buffer.from(bytes).toString() };
}

function rate(count: number, begun: number): string {
  return Math.round(count / Math.max(0.001, (performance.now() - begun) / 1000)).toLocaleString('en');
}
