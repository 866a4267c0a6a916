// The text format of Prometheus, version 0.0.4: one family after the other, its help, its type, then its samples.

/** A name, what it tells, and its samples. `suffix` is for the parts of a histogram. */
export type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
};
export type Sample = { readonly labels: Labels; readonly value: number; readonly suffix?: string };
export type Labels = Readonly<Record<string, string>>;

/** The content type with which scrapers expect the text. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Writes families as one text, a line feed at its end. Names and label names are the caller's own words; values are escaped. */
export function expose(families: readonly Family[]): string {
  let text = '';
  for (const { name, help, type, samples } of families) {
    text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value, suffix = '' } of samples)
      text += `${name}${suffix}${labelsText(labels)} ${numberText(value)}\n`;
  }
  return text;
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** Half a surrogate pair is no text in UTF-8. */
function escapeLabel(text: string): string {
  return text
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Number.isNaN(value) ? 'NaN' : String(value);
}
