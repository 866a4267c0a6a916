import { consume } from '@lit/context';
import { Task } from '@lit/task';
import { html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { registerApp, type Platform } from '../data/apps.ts';
import { fetchPartners } from '../data/partners.ts';
import { textOf } from '../elements/confirm.ts';
import { loaded } from '../elements/loaded.ts';
import { toast } from '../elements/toasts.ts';
import { go } from '../router.ts';
import { hereContext, type Here } from '../shell/here.ts';
import { base, forms, layout } from '../styles/shared.ts';

import '@awesome.me/webawesome/dist/components/input/input.js';
import '@awesome.me/webawesome/dist/components/option/option.js';
import '@awesome.me/webawesome/dist/components/select/select.js';
import '@awesome.me/webawesome/dist/components/textarea/textarea.js';
import '../elements/page.ts';
import '../elements/problem.ts';

const PLATFORMS: readonly (readonly [Platform, string])[] = [
  ['server', 'A server'],
  ['web', 'A browser'],
  ['android', 'Android'],
  ['ios', 'iOS'],
  ['macos', 'macOS'],
  ['windows', 'Windows'],
  ['linux', 'Linux'],
];

/** Registers an app. */
@customElement('aw-new-app')
export class NewAppPage extends LitElement {
  @consume({ context: hereContext }) private here!: Here;
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private busy = false;
  @state() private error: unknown = null;
  @state() private slug = '';
  #ownSlug = false;
  #partners = new Task(
    this,
    async (_, { signal }) => (this.here.person.role === 'admin' ? fetchPartners(signal) : []),
    () => [],
  );

  static override styles = [base, layout, forms];

  override render() {
    return html`
      <aw-page heading="Register an app" back-href="/apps" back-label="Apps">
        <p slot="lead">
          An app keeps its name in addresses for ever. Its builds are submitted and approved one by one.
        </p>
        ${loaded(this.#partners, (partners) => this.#form(partners))}
      </aw-page>
    `;
  }

  #form(partners: readonly { readonly id: string; readonly name: string }[]) {
    return html`<form class="panel" @submit=${this.#register}>
      <div class="body stack">
        ${
          this.here.person.role === 'admin'
            ? html`<wa-select
                label="Partner"
                name="partner"
                required
                value=${this.query.get('partner') ?? ''}
              >
                ${partners.map(({ id, name }) => html`<wa-option value=${id}>${name}</wa-option>`)}
              </wa-select>`
            : nothing
        }
        <wa-input
          label="Name"
          name="name"
          maxlength="120"
          required
          autofocus
          autocomplete="off"
          @input=${this.#named}
          hint="As people call it."
        ></wa-input>
        <wa-input
          label="Name in addresses"
          name="slug"
          maxlength="40"
          required
          autocomplete="off"
          spellcheck="false"
          pattern="[a-z0-9][a-z0-9\\-]*"
          .value=${this.slug}
          @input=${() => (this.#ownSlug = true)}
          hint="Small letters, digits and hyphens."
        ></wa-input>
        <wa-select label="Runs on" name="platform" required value="server">
          ${PLATFORMS.map(([value, label]) => html`<wa-option value=${value}>${label}</wa-option>`)}
        </wa-select>
        <wa-textarea
          label="Capabilities"
          name="capabilities"
          rows="3"
          placeholder="orders:read"
          spellcheck="false"
          hint="What its builds may ask for, separated by spaces or lines. The vendor’s documentation names them. None is fine, too."
        ></wa-textarea>
        <aw-problem .error=${this.error}></aw-problem>
        <div class="row">
          <wa-button type="submit" variant="brand" ?loading=${this.busy}>Register the app</wa-button>
          <wa-button appearance="plain" href="/apps">Cancel</wa-button>
        </div>
      </div>
    </form>`;
  }

  #named = (event: Event): void => {
    if (this.#ownSlug) return;
    const { value } = event.currentTarget as HTMLElement & { value: string | null };
    this.slug = slugOf(value ?? '');
  };

  #register = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => textOf(data.get(name));
    this.busy = true;
    this.error = null;
    try {
      const app = await registerApp({
        ...(this.here.person.role === 'admin' ? { partnerId: text('partner') } : {}),
        name: text('name'),
        slug: text('slug'),
        platform: PLATFORMS.find(([value]) => value === text('platform'))?.[0] ?? 'server',
        capabilities: [
          ...new Set(
            text('capabilities')
              .split(/[\s,]+/)
              .filter((name) => name !== ''),
          ),
        ].toSorted(),
      });
      toast(`${app.name} is registered.`);
      go(`/apps/${app.id}`, 'replace');
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
  };
}

/** A name for addresses out of a name for people. */
function slugOf(name: string): string {
  const plain = name.normalize('NFKD').toLowerCase();
  return plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-new-app': NewAppPage;
  }
}
