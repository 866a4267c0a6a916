import { html, LitElement } from 'lit';
import { customElement } from 'lit/decorators.js';
import { base } from '../styles/shared.ts';

import '../elements/empty.ts';
import '../elements/page.ts';

/** An address that names no page. */
@customElement('aw-not-found')
export class NotFoundPage extends LitElement {
  static override styles = base;

  override render() {
    return html`<aw-page heading="There is no such page">
      <aw-empty icon="search" heading="Nothing has this address">
        Perhaps the link was cut short, or what it named is gone.
        <wa-button slot="actions" appearance="outlined" href="/">To the overview</wa-button>
      </aw-empty>
    </aw-page>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-not-found': NotFoundPage;
  }
}
