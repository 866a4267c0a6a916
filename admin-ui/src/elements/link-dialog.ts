import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base, layout } from '../styles/shared.ts';

import '@awesome.me/webawesome/dist/components/dialog/dialog.js';
import './copy.ts';
import './time.ts';

/** Shows a one-time link, once: the portal keeps a digest of it only. */
export function showLink(heading: string, link: string, expires: string): void {
  const dialog = document.createElement('aw-link');
  Object.assign(dialog, { heading, link, expires });
  document.body.append(dialog);
}

@customElement('aw-link')
export class LinkElement extends LitElement {
  @property() heading = '';
  @property() link = '';
  @property() expires = '';
  @state() private open = true;

  static override styles = [
    base,
    layout,
    css`
      wa-dialog {
        --width: 34rem;
      }
      .link {
        padding: var(--aw-3);
        border: 1px solid var(--aw-line);
        border-radius: var(--aw-radius-small);
        background: var(--aw-sunken);
      }
    `,
  ];

  override render() {
    return html`
      <wa-dialog label=${this.heading} ?open=${this.open} @wa-hide=${this.#hide} @wa-after-hide=${this.#gone}>
        <div class="stack">
          <p>Hand this link over on a way that you trust. It works once, and is shown only now.</p>
          <div class="link"><aw-copy value=${this.link} what="the link"></aw-copy></div>
          <p class="quiet small">It ends <aw-time value=${this.expires}></aw-time>.</p>
        </div>
        <wa-button slot="footer" variant="brand" @click=${() => (this.open = false)}>Done</wa-button>
      </wa-dialog>
    `;
  }

  #hide = (event: Event): void => {
    if (event.target === event.currentTarget) this.open = false;
  };

  #gone = (event: Event): void => {
    if (event.target === event.currentTarget) this.remove();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-link': LinkElement;
  }
}
