import { consume } from '@lit/context';
import { html, LitElement, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { signOut } from '../data/session.ts';
import { Router } from '../router.ts';
import { ROUTES } from '../routes.ts';
import { base } from '../styles/shared.ts';
import { shellStyles } from './shell.styles.ts';
import { hereContext, type Here } from './here.ts';
import { chooseTheme, currentTheme, followSystem, type Theme } from './theme.ts';

import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/icon/icon.js';
import '../elements/problem.ts';

interface Item {
  readonly href: string;
  readonly icon: string;
  readonly label: string;
}

const PARTNER: readonly Item[] = [
  { href: '/', icon: 'house', label: 'Overview' },
  { href: '/builds', icon: 'package', label: 'Builds' },
  { href: '/apps', icon: 'app-window', label: 'Apps' },
];

const WORK: readonly Item[] = [
  ...PARTNER,
  { href: '/partners', icon: 'handshake', label: 'Partners' },
  { href: '/customers', icon: 'building-2', label: 'Customers' },
];

const TRUST: readonly Item[] = [
  { href: '/allowlist', icon: 'list-checks', label: 'Allowlist' },
  { href: '/people', icon: 'users', label: 'People' },
  { href: '/roster', icon: 'stamp', label: 'Roster' },
  { href: '/verifier-package', icon: 'shield-check', label: 'Verifier package' },
  { href: '/audit', icon: 'scroll-text', label: 'Audit trail' },
];

/**
 * What surrounds every page: whose portal this is, the ways through it, and who is signed in.
 *
 * @fires signed-out - the session has ended
 */
@customElement('aw-shell')
export class ShellElement extends LitElement {
  @consume({ context: hereContext, subscribe: true }) private here!: Here;
  @state() private theme: Theme = currentTheme();
  #router = new Router(this, ROUTES);

  static override styles = [base, shellStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    followSystem(() => (this.theme = currentTheme()));
  }

  override render() {
    const { person, vendor } = this.here;
    return html`
      <header class="side">
        <button type="button" class="skip" @click=${this.#skip}>Skip to the page</button>
        <div class="vendor">
          <img src="/favicon.svg" alt="" />
          <div>
            <strong>${vendor.name}</strong
            ><small>${person.partner === null ? 'App registry' : 'For partners'}</small>
          </div>
        </div>
        ${
          vendor.developmentKeys
            ? html`<p
                class="development"
                title="These keys lie unprotected on this machine. The registry admits loopback, .localhost and .test origins only, and never becomes a production one."
              >
                <wa-icon name="flask-conical"></wa-icon>Development keys
              </p>`
            : nothing
        }
        <nav aria-label="Portal">
          ${person.role === 'admin' ? html`${this.#links(WORK)}${this.#links(TRUST, 'Trust')}` : this.#links(PARTNER)}
        </nav>
        <div class="who">
          <div>
            <span>${person.name}</span>
            <span class="quiet small">${person.partner?.name ?? 'Admin'}</span>
          </div>
          <button
            type="button"
            title=${this.theme === 'dark' ? 'Light' : 'Dark'}
            aria-label=${this.theme === 'dark' ? 'Change to light' : 'Change to dark'}
            @click=${this.#turn}
          >
            <wa-icon name=${this.theme === 'dark' ? 'sun' : 'moon'}></wa-icon>
          </button>
          <button type="button" title="Sign out" aria-label="Sign out" @click=${this.#leave}>
            <wa-icon name="log-out"></wa-icon>
          </button>
        </div>
      </header>
      <main tabindex="-1">
        ${
          this.#router.error === null
            ? this.#router.page
            : html`<div class="failed"><aw-problem .error=${this.#router.error}></aw-problem></div>`
        }
      </main>
    `;
  }

  #links(items: readonly Item[], heading?: string) {
    return html`<div>
      ${heading === undefined ? nothing : html`<h2>${heading}</h2>`}
      <ul>
        ${items.map(
          ({ href, icon, label }) =>
            html`<li>
              <a href=${href} aria-current=${this.#isHere(href) ? 'page' : nothing}
                ><wa-icon name=${icon}></wa-icon>${label}</a
              >
            </li>`,
        )}
      </ul>
    </div>`;
  }

  #isHere(href: string): boolean {
    return href === '/' ? location.pathname === '/' : `${location.pathname}/`.startsWith(`${href}/`);
  }

  #skip = (): void => {
    this.renderRoot.querySelector<HTMLElement>('main')?.focus();
  };

  #turn = (): void => {
    this.theme = this.theme === 'dark' ? 'light' : 'dark';
    chooseTheme(this.theme);
  };

  #leave = async (): Promise<void> => {
    await signOut();
    this.dispatchEvent(new Event('signed-out'));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-shell': ShellElement;
  }
}
