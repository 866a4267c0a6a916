import { Task } from '@lit/task';
import { html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { textOf } from '../elements/confirm.ts';
import { loaded } from '../elements/loaded.ts';
import { acceptInvitation, fetchInvitation, type Invitation } from '../data/invitations.ts';
import type { Vendor } from '../data/vendor.ts';
import { base, forms } from '../styles/shared.ts';
import { brand, wayInStyles } from './way-in.ts';

import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/icon/icon.js';
import '@awesome.me/webawesome/dist/components/input/input.js';
import '../elements/state.ts';
import '../elements/time.ts';

/**
 * A person makes a passkey from a one-time link: the first admin of a new portal, or somebody who was invited.
 *
 * @fires signed-in - detail: the person
 */
@customElement('aw-invitation')
export class InvitationPage extends LitElement {
  @property({ attribute: false }) vendor!: Vendor;
  @state() private busy = false;
  @state() private error: unknown = null;
  #token = location.hash.slice(1);
  #invitation = new Task(
    this,
    ([token], { signal }) => fetchInvitation(token, signal),
    () => [this.#token] as const,
  );

  static override styles = [base, forms, wayInStyles];

  protected override firstUpdated(): void {
    document.title = `Welcome · ${this.vendor.name}`;
  }

  override render() {
    return html`<main>
      ${brand(this.vendor)} ${loaded(this.#invitation, (invitation) => this.#welcome(invitation))}
    </main>`;
  }

  #welcome(invitation: Invitation) {
    return html`
      <form class="card" @submit=${this.#accept}>
        <h1>${invitation.first ? 'Welcome to your portal' : `Welcome to ${this.vendor.name}`}</h1>
        <p class="quiet">${this.#sentence(invitation)}</p>
        <wa-input
          label="Your name"
          name="name"
          value=${invitation.first ? '' : invitation.name}
          maxlength="120"
          required
          autofocus
          autocomplete="name"
          hint="Others see it beside what you do."
        ></wa-input>
        <wa-button type="submit" variant="brand" size="l" ?loading=${this.busy}>
          <wa-icon slot="start" name="fingerprint"></wa-icon>Make a passkey and sign in
        </wa-button>
        <aw-problem .error=${this.error}></aw-problem>
      </form>
      <p class="foot quiet small">
        The passkey stays on your device, or in your password manager. This link works once, and ends
        <aw-time value=${invitation.expires}></aw-time>.
      </p>
    `;
  }

  #sentence({ first, kind, partner }: Invitation): string {
    if (first)
      return 'You are its first admin. You will sign in with a passkey; there are no passwords here.';
    if (kind === 'admin') return 'You are invited as an admin. You will sign in with a passkey.';
    return `You are invited for ${partner?.name ?? 'your company'}, to submit its apps. You will sign in with a passkey.`;
  }

  #accept = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const name = new FormData(event.currentTarget as HTMLFormElement).get('name');
    this.busy = true;
    this.error = null;
    try {
      const person = await acceptInvitation(this.#token, textOf(name));
      this.dispatchEvent(new CustomEvent('signed-in', { detail: person }));
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-invitation': InvitationPage;
  }
}
