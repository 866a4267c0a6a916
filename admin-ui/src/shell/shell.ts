import { consume } from '@lit/context';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { signOut } from '../data/session.ts';
import { Router } from '../router.ts';
import { ROUTES } from '../routes.ts';
import { base } from '../styles/shared.ts';
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

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: 14rem minmax(0, 1fr);
        height: 100%;
      }
      .side {
        display: flex;
        flex-direction: column;
        gap: var(--aw-4);
        padding: var(--aw-4) var(--aw-3);
        border-inline-end: 1px solid var(--aw-line);
        background: var(--aw-sunken);
        overflow-y: auto;
        min-height: 0;
      }
      main {
        min-width: 0;
        min-height: 0;
        overflow-y: auto;
        scrollbar-gutter: stable;
      }
      .vendor {
        display: flex;
        gap: var(--aw-2);
        align-items: center;
        padding: 0 var(--aw-2);
        min-height: 2rem;
      }
      .vendor img {
        width: 1.625rem;
        height: 1.625rem;
        flex: none;
      }
      .vendor strong {
        display: block;
        font-weight: 600;
        line-height: 1.25;
        letter-spacing: -0.01em;
        overflow-wrap: anywhere;
      }
      .vendor small {
        display: block;
        font-size: var(--aw-size-tiny);
        color: var(--aw-quiet);
        line-height: 1.3;
      }
      .development {
        margin: 0 var(--aw-2);
        padding: var(--aw-1) var(--aw-2);
        border-radius: var(--aw-radius-small);
        background: var(--aw-warn-wash);
        color: var(--aw-warn);
        font-size: var(--aw-size-tiny);
        font-weight: 500;
        line-height: 1.35;
        display: flex;
        gap: 0.375rem;
        align-items: center;
      }
      nav {
        display: grid;
        gap: var(--aw-4);
      }
      nav h2 {
        padding: 0 var(--aw-2) var(--aw-1);
        font-size: var(--aw-size-tiny);
        font-weight: 500;
        color: var(--aw-quiet);
        letter-spacing: 0;
      }
      nav ul {
        display: grid;
        gap: 1px;
      }
      nav a {
        display: flex;
        gap: 0.625rem;
        align-items: center;
        height: 2rem;
        padding: 0 var(--aw-2);
        border-radius: var(--aw-radius-small);
        color: var(--aw-text);
        text-decoration: none;
      }
      nav a wa-icon {
        color: var(--aw-quiet);
        font-size: 1rem;
      }
      nav a:hover {
        background: color-mix(in oklab, var(--aw-line) 55%, transparent);
      }
      nav a[aria-current] {
        background: var(--aw-surface);
        box-shadow:
          inset 0 0 0 1px var(--aw-line),
          var(--aw-shadow);
        font-weight: 500;
      }
      nav a[aria-current] wa-icon {
        color: var(--aw-accent);
      }
      .who {
        margin-top: auto;
        display: flex;
        gap: var(--aw-1);
        align-items: center;
        padding: var(--aw-3) var(--aw-2) 0;
        border-top: 1px solid var(--aw-line);
      }
      .who > div {
        flex: 1;
        min-width: 0;
        line-height: 1.3;
      }
      .who span {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .who button {
        flex: none;
        display: grid;
        place-items: center;
        width: 2rem;
        height: 2rem;
        padding: 0;
        border: 0;
        border-radius: var(--aw-radius-small);
        background: none;
        color: var(--aw-quiet);
        font-size: 1rem;
        cursor: pointer;
      }
      .who button:hover {
        background: color-mix(in oklab, var(--aw-line) 55%, transparent);
        color: var(--aw-text);
      }
      .skip {
        position: absolute;
        left: -99rem;
      }
      .skip:focus {
        left: var(--aw-3);
        top: var(--aw-3);
        z-index: 10;
        padding: var(--aw-2) var(--aw-3);
        border: 1px solid var(--aw-line-strong);
        border-radius: var(--aw-radius-small);
        background: var(--aw-surface);
        color: var(--aw-text);
        font: inherit;
      }
      .failed {
        max-width: 40rem;
        padding: var(--aw-6);
      }
      @media (width < 68rem) {
        :host {
          grid-template-columns: 12.25rem minmax(0, 1fr);
        }
      }
      @media (width < 48rem) {
        :host {
          grid-template-columns: minmax(0, 1fr);
          grid-template-rows: auto minmax(0, 1fr);
        }
        .side {
          border-inline-end: 0;
          border-bottom: 1px solid var(--aw-line);
          max-height: 40vh;
        }
        nav ul {
          display: flex;
          flex-wrap: wrap;
        }
      }
    `,
  ];

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
