import { ContextProvider } from '@lit/context';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PortalProblem } from '../data/problem.ts';
import { fetchSession, type Person } from '../data/session.ts';
import { fetchVendor, type Vendor } from '../data/vendor.ts';
import { go } from '../router.ts';
import { base } from '../styles/shared.ts';
import { hereContext } from './here.ts';

import '../elements/loading.ts';
import '../elements/problem.ts';
import '../elements/toasts.ts';

/** Who is here decides what is shown: an invitation, the way in, or the portal itself. */
type Stage =
  | { readonly kind: 'starting' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'invited'; readonly vendor: Vendor }
  | { readonly kind: 'outside'; readonly vendor: Vendor }
  | { readonly kind: 'inside'; readonly vendor: Vendor; readonly person: Person };

/** The whole portal. */
@customElement('aw-portal')
export class PortalElement extends LitElement {
  @state() private stage: Stage = { kind: 'starting' };
  #here = new ContextProvider(this, { context: hereContext });

  static override styles = [
    base,
    css`
      :host {
        height: 100%;
      }
      .failed {
        max-width: 34rem;
        margin: 20vh auto 0;
        padding: var(--aw-5);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('appwarrant-signed-out', this.#signedOut);
    void this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('appwarrant-signed-out', this.#signedOut);
  }

  override render() {
    return html`${this.#content()}<aw-toasts></aw-toasts>`;
  }

  #content() {
    const { stage } = this;
    switch (stage.kind) {
      case 'starting':
        return nothing;
      case 'failed':
        return html`<main class="failed">
          <aw-problem .error=${stage.error} retry @retry=${() => void this.#start()}></aw-problem>
        </main>`;
      case 'invited':
        return html`<aw-invitation .vendor=${stage.vendor} @signed-in=${this.#signedIn}></aw-invitation>`;
      case 'outside':
        return html`<aw-sign-in .vendor=${stage.vendor} @signed-in=${this.#signedIn}></aw-sign-in>`;
      case 'inside':
        return html`<aw-shell @signed-out=${this.#signedOut}></aw-shell>`;
    }
  }

  async #start(): Promise<void> {
    try {
      const vendor = await fetchVendor();
      if (location.pathname === '/invitation') {
        await import('../pages/invitation.ts');
        this.stage = { kind: 'invited', vendor };
      } else {
        await this.#enter(vendor, await fetchSession());
      }
    } catch (error) {
      if (error instanceof PortalProblem && error.code === 'no_session') return;
      this.stage = { kind: 'failed', error };
    }
  }

  async #enter(vendor: Vendor, person: Person): Promise<void> {
    await import('./shell.ts');
    this.#here.setValue({ vendor, person });
    this.stage = { kind: 'inside', vendor, person };
  }

  #signedIn = async (event: CustomEvent<Person>): Promise<void> => {
    const { stage } = this;
    if (stage.kind !== 'outside' && stage.kind !== 'invited') return;
    if (stage.kind === 'invited') go('/', 'replace');
    await this.#enter(stage.vendor, event.detail);
  };

  #signedOut = (): void => {
    if (this.stage.kind !== 'outside') void this.#showWayIn();
  };

  async #showWayIn(): Promise<void> {
    try {
      const [vendor] = await Promise.all([fetchVendor(), import('../pages/sign-in.ts')]);
      this.stage = { kind: 'outside', vendor };
    } catch (error) {
      this.stage = { kind: 'failed', error };
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-portal': PortalElement;
  }
}
