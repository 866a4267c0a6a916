/** One line of the story's table: something that was tried, what was to come of it, and what came. */
export interface Verdict {
  readonly attempt: string;
  /** `admitted`, `loaded`, or the code of the refusal. */
  readonly expected: string;
  readonly got: string;
  /** What stopped it, in words; for an admission, what let it in. */
  readonly because: string;
}

/** Whether everything went as expected. */
export function allAsExpected(verdicts: readonly Verdict[]): boolean {
  return verdicts.length > 0 && verdicts.every(({ expected, got }) => expected === got);
}

/** The table of the README. */
export function markdownTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ attempt, got, because }) => `| ${attempt} | \`${got}\` | ${because} |`);
  return ['| what is tried | verdict | what decides |', '|---|---|---|', ...rows, ''].join('\n');
}

/** The same for a terminal. */
export function terminalTable(verdicts: readonly Verdict[]): string {
  const width = (pick: (verdict: Verdict) => string) =>
    Math.max(...verdicts.map((each) => pick(each).length));
  const attempt = width((each) => each.attempt);
  const got = width((each) => each.got);
  return verdicts
    .map((each) => {
      const mark = each.expected === each.got ? '  ' : `! expected ${each.expected} `;
      return `${mark}${each.attempt.padEnd(attempt)}  ${each.got.padEnd(got)}  ${each.because}\n`;
    })
    .join('');
}
