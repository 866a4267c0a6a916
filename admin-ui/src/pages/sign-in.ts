import { html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { signIn } from '../data/session.ts';
import type { Vendor } from '../data/vendor.ts';
import { base } from '../styles/shared.ts';
import { brand, wayInStyles } from './way-in.ts';

import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/icon/icon.js';
import '../elements/problem.ts';
import '../elements/state.ts';

/**
 * The way in for people with a passkey.
 *
 * @fires signed-in - detail: the person
 */
@customElement('aw-sign-in')
export class SignInPage extends LitElement {
  @property({ attribute: false }) vendor!: Vendor;
  @state() private busy = false;
  @state() private error: unknown = null;

  static override styles = [base, wayInStyles];

  protected override firstUpdated(): void {
    document.title = `Sign in · ${this.vendor.name}`;
  }

  override render() {
    return html`
      <main>
        ${brand(this.vendor)}
        <div class="card">
          <h1>Sign in</h1>
          <p class="quiet">
            With the passkey that you made from your invitation. There is no password to forget, or to lose.
          </p>
          <wa-button variant="brand" size="l" ?loading=${this.busy} @click=${this.#signIn}>
            <wa-icon slot="start" name="fingerprint"></wa-icon>Sign in with passkey
          </wa-button>
          <aw-problem .error=${this.error}></aw-problem>
        </div>
        <p class="foot quiet small">
          No passkey yet? An admin of ${this.vendor.name} invites you with a link.
        </p>
      </main>
    `;
  }

  #signIn = async (): Promise<void> => {
    this.busy = true;
    this.error = null;
    try {
      this.dispatchEvent(new CustomEvent('signed-in', { detail: await signIn() }));
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-sign-in': SignInPage;
  }
}
