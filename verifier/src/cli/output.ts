// What reaches a terminal. Names and file contents come from strangers: nothing that moves a cursor, hides or turns text gets through.

/** The longest line that text is folded to, in characters. */
const width = 100;

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const unseenInJson = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text in which every control, invisible and direction character is written out, as `\u{1b}`. */
export function visible(text: string): string {
  return text.replace(unseen, (each) => `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A value as JSON that is safe to look at: the same value, with such characters escaped; indented, or all in one line. */
export function jsonText(value: object, indent = 2): string {
  const text = JSON.stringify(value, null, indent);
  return text.replace(unseenInJson, (each) =>
    Array.from({ length: each.length }, (_, i) => {
      return `\\u${each.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }).join(''),
  );
}

/**
 * A paragraph in lines of at most `width` characters, its leading spaces kept; `indent` spaces before all but the first. Longer words stay
 * whole.
 */
export function fold(text: string, indent = 0): readonly string[] {
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  let used = lead.length;
  let isEmpty = true;
  for (const word of visible(text.slice(lead.length)).split(' ')) {
    const length = Array.from(word).length;
    if (!isEmpty && used + 1 + length > width) {
      lines.push(line);
      line = ' '.repeat(indent);
      used = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    used += isEmpty ? length : length + 1;
    isEmpty = false;
  }
  return [...lines, line];
}

/** Cells in columns as wide as their widest, two spaces between them; the last column is folded. Cells are made visible. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const lengthOf = (cell: string): number => Array.from(visible(cell)).length;
  const last = Math.max(0, ...rows.map((row) => row.length)) - 1;
  const widths = Array.from({ length: last }, (_, i) =>
    Math.max(0, ...rows.map((row) => lengthOf(row[i] ?? ''))),
  );
  return rows.flatMap((row) => {
    const head = widths
      .map((most, i) => visible(row[i] ?? '') + ' '.repeat(most - lengthOf(row[i] ?? '') + 2))
      .join('');
    const [first = '', ...rest] = foldBehind(head, row[last] ?? '');
    return [first, ...rest];
  });
}

/** A text behind a head of its own width, its further lines under its first. */
export function foldBehind(head: string, text: string): readonly string[] {
  const room = Array.from(head).length;
  const [first = '', ...rest] = fold(' '.repeat(room) + text, room);
  return [head + first.slice(room), ...rest].map((line) => line.trimEnd());
}
