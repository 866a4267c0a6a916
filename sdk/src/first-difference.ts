/** Where two texts part: the line, counted from 1, and what stands there on either side. */
export interface Difference {
  readonly line: number;
  readonly ours: string;
  readonly theirs: string;
}

/** The first line in which two signature bases differ, or null when they are equal. */
export function firstDifference(ours: string, theirs: string): Difference | null {
  const left = ours.split('\n');
  const right = theirs.split('\n');
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    if (left[i] !== right[i]) return { line: i + 1, ours: left[i] ?? missing, theirs: right[i] ?? missing };
  }
  return null;
}

const missing = '(no such line)';
