import { html, type TemplateResult } from 'lit';

/** The little Markdown of the project's own pages: paragraphs, lists, bold, code. The heading is the page's. */
export function showProse(text: string): TemplateResult[] {
  const blocks = text.split(/\n{2,}/).map((block) => block.trim());
  return blocks.filter((block) => block !== '' && !block.startsWith('# ')).map(showBlock);
}

function showBlock(block: string): TemplateResult {
  if (block.startsWith('## ')) return html`<h2>${block.slice(3)}</h2>`;
  if (/^[-*] /.test(block)) {
    const items = block.split(/\n(?=[-*] )/).map((item) => item.slice(2));
    return html`<ul>
      ${items.map((item) => html`<li>${inline(item)}</li>`)}
    </ul>`;
  }
  return html`<p>${inline(block)}</p>`;
}

function inline(text: string): unknown[] {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith('**')) return html`<strong>${part.slice(2, -2)}</strong>`;
    return part.startsWith('`') ? html`<code>${part.slice(1, -1)}</code>` : part;
  });
}
