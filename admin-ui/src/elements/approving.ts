import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { makeApprovalList, type ApprovalSubject } from '../data/approvals.ts';
import { base, layout } from '../styles/shared.ts';
import { sayReturned } from './on-return.ts';

import '@awesome.me/webawesome/dist/components/dialog/dialog.js';
import './problem.ts';

/** Sends a person to the approving page, which is another site: what is signed is shown and computed there. */
export function openApproval(subjects: readonly ApprovalSubject[], what: string): void {
  openApprovingPage(what, async () => (await makeApprovalList(subjects)).link);
}

/** The same for any other one-time link to that page. */
export function openApprovingPage(what: string, fetchLink: () => Promise<string>): void {
  const dialog = document.createElement('aw-approving');
  dialog.what = what;
  dialog.fetchLink = fetchLink;
  document.body.append(dialog);
}

@customElement('aw-approving')
export class ApprovingElement extends LitElement {
  @property() what = '';
  @property({ attribute: false }) fetchLink!: () => Promise<string>;
  @state() private open = true;
  @state() private link = '';
  @state() private error: unknown = null;

  static override styles = [
    base,
    layout,
    css`
      wa-dialog {
        --width: 30rem;
      }
    `,
  ];

  protected override firstUpdated(): void {
    void this.#begin();
  }

  override render() {
    return html`
      <wa-dialog
        label="On the approving page"
        ?open=${this.open}
        @wa-hide=${this.#hide}
        @wa-after-hide=${this.#gone}
      >
        <div class="stack tight">
          ${
            this.error === null
              ? html`<p>
                    ${this.what} opens in another tab, on the approving page. It shows what will be signed and
                    asks for your approval passkey.
                  </p>
                  <p class="quiet">
                    This page looks again when you come back. The link works once, for a quarter of an hour.
                  </p>`
              : html`<aw-problem .error=${this.error}></aw-problem>`
          }
        </div>
        ${
          this.link === ''
            ? nothing
            : html`<wa-button
                slot="footer"
                appearance="outlined"
                href=${this.link}
                target="_blank"
                rel="noopener noreferrer"
                >Open it again<wa-icon slot="end" name="arrow-up-right"></wa-icon
              ></wa-button>`
        }
        <wa-button slot="footer" variant="brand" @click=${() => (this.open = false)}>Close</wa-button>
      </wa-dialog>
    `;
  }

  async #begin(): Promise<void> {
    try {
      this.link = await this.fetchLink();
      window.open(this.link, '_blank', 'noopener,noreferrer');
    } catch (error) {
      this.error = error;
    }
  }

  #hide = (event: Event): void => {
    if (event.target === event.currentTarget) this.open = false;
  };

  #gone = (event: Event): void => {
    if (event.target !== event.currentTarget) return;
    sayReturned();
    this.remove();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-approving': ApprovingElement;
  }
}
