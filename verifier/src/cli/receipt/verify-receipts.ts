import { Refused } from '../../refused.ts';
import type { ReasonCode } from '../../reasons.ts';
import type { Doubles } from './doubles.ts';
import type { Judge, ReceiptVerdict } from './judge-receipt.ts';
import { mostOfReceipt } from './parse-receipt.ts';
import { readLines, type Line } from './read-lines.ts';

/** A verdict, and where the receipt stands. */
export type Judged = { readonly file: string; readonly line: Line; readonly verdict: ReceiptVerdict };

/** What all verdicts were, counted; `first` is where the first of its kind stands. */
export type Outcome = {
  readonly kind: ReceiptVerdict['kind'];
  /** For verified ones what the statement is now, for others the code. */
  readonly about: 'inForce' | 'ended' | 'revoked' | ReasonCode;
  count: number;
  readonly first: { readonly file: string; readonly line: number };
};

/** So many are judged at once: enough for all threads to have something to do while further ones are read. */
const atOnce = 256;

/**
 * Judges every receipt of some files, and tells of each in their order: nothing but those under way is held. Of two with one nonce and key
 * the second fails (`replayed`). Throws what reading throws.
 */
export async function* verifyReceipts(
  files: readonly string[],
  read: (file: string) => AsyncIterable<Uint8Array>,
  judge: Judge,
  doubles: Doubles,
): AsyncGenerator<readonly Judged[]> {
  for (const file of files) {
    let before: Promise<readonly Judged[]> = Promise.resolve([]);
    let batch: Promise<Judged>[] = [];
    for await (const line of readLines(read(file), mostOfReceipt)) {
      batch.push(judgeLine(file, line, judge));
      if (batch.length < atOnce) continue;
      yield refuseDoubles(await before, doubles);
      before = Promise.all(batch);
      batch = [];
    }
    yield refuseDoubles(await before, doubles);
    yield refuseDoubles(await Promise.all(batch), doubles);
  }
}

async function judgeLine(file: string, line: Line, judge: Judge): Promise<Judged> {
  const verdict: ReceiptVerdict =
    line.bytes === null
      ? {
          kind: 'failed',
          why: new Refused('too_large', `The line is longer than ${String(mostOfReceipt)} bytes.`),
        }
      : await judge(line.bytes);
  return { file, line, verdict };
}

/** A verifier admits a nonce once: a second receipt was copied, or written by something else. */
function refuseDoubles(judged: readonly Judged[], doubles: Doubles): readonly Judged[] {
  return judged.map((each): Judged => {
    const { verdict } = each;
    if (verdict.kind !== 'verified') return each;
    const { deployment, keyid, nonce } = verdict.base;
    if (!doubles.isDouble(`${deployment}/${keyid}/${nonce}`)) return each;
    const why = new Refused('replayed');
    why.message =
      'A receipt of the same key and nonce stands before it, and a server admits a nonce once: one of the two is a copy, or made up.';
    return { ...each, verdict: { kind: 'failed', why } };
  });
}

/** Counts outcomes, in the order in which they first come. */
export function countOutcomes(): {
  readonly add: (judged: Judged) => void;
  readonly all: () => readonly Outcome[];
} {
  const outcomes = new Map<string, Outcome>();
  return {
    add({ file, line, verdict }) {
      const about = verdict.kind === 'verified' ? verdict.standing : verdict.why.code;
      const name = `${verdict.kind} ${about}`;
      const known = outcomes.get(name);
      if (known === undefined)
        outcomes.set(name, { kind: verdict.kind, about, count: 1, first: { file, line: line.number } });
      else known.count += 1;
    },
    all: () => [...outcomes.values()],
  };
}
