import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { codePage } from '../data/codes.ts';
import { showProse } from '../elements/prose.ts';
import { base, layout } from '../styles/shared.ts';

import '../elements/empty.ts';
import '../elements/page.ts';

/** What a code of the portal or of the verifier means, and what to do about it. */
@customElement('aw-code')
export class CodePage extends LitElement {
  @property({ attribute: false }) code = '';

  static override styles = [
    base,
    layout,
    css`
      .body {
        display: grid;
        gap: var(--aw-3);
        max-width: 44rem;
      }
      ul {
        list-style: disc;
        padding-inline-start: 1.25rem;
      }
    `,
  ];

  override render() {
    const text = codePage(this.code);
    return html`<aw-page heading=${this.code}>
      ${
        text === null
          ? html`<aw-empty icon="search" heading="No page explains this code">
              <code>${this.code}</code> is none of the portal’s or the verifier’s codes.
            </aw-empty>`
          : html`<section class="panel"><div class="body">${showProse(text)}</div></section>`
      }
    </aw-page>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-code': CodePage;
  }
}
