/** Markup, which is made of nothing but these templates: whatever else comes into it is escaped. */
export type Markup = { readonly markup: string };

type Part = string | number | Markup | readonly Markup[];

/** Puts markup together; texts and numbers are escaped, so that a name cannot become an element. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const markup = strings.map((text, i) => text + markupOf(parts[i] ?? '')).join('');
  return { markup };
}

function markupOf(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escape(String(part));
  if ('markup' in part) return part.markup;
  return part.map(({ markup }) => markup).join('');
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** The page of a code, which is written in a few signs of Markdown: headings, bold, code, lists are not used. */
export function fromPage(text: string): readonly Markup[] {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => {
      const heading = /^# (.+)$/.exec(paragraph)?.[1];
      return heading === undefined ? html`<p>${inline(paragraph)}</p>` : html`<h1>${heading}</h1>`;
    });
}

function inline(text: string): readonly Markup[] {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith('**')) return html`<strong>${part.slice(2, -2)}</strong>`;
    if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`;
    return html`${part}`;
  });
}
