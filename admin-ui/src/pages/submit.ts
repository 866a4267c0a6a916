import { consume } from '@lit/context';
import { Task } from '@lit/task';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { fetchApp, type App } from '../data/apps.ts';
import { submitBuild, type Holder, type KeyUse } from '../data/builds.ts';
import type { Upload } from '../data/uploads.ts';
import { textOf } from '../elements/confirm.ts';
import type { GivenKey } from '../elements/key-choice.ts';
import { loaded } from '../elements/loaded.ts';
import { toast } from '../elements/toasts.ts';
import { go } from '../router.ts';
import { hereContext, type Here } from '../shell/here.ts';
import { base, forms, layout } from '../styles/shared.ts';

import '@awesome.me/webawesome/dist/components/checkbox/checkbox.js';
import '@awesome.me/webawesome/dist/components/input/input.js';
import '@awesome.me/webawesome/dist/components/radio-group/radio-group.js';
import '@awesome.me/webawesome/dist/components/radio/radio.js';
import '../elements/key-choice.ts';
import '../elements/page.ts';
import '../elements/problem.ts';
import '../elements/upload.ts';

interface KeyKind {
  readonly value: string;
  readonly use: KeyUse;
  readonly holder: Holder;
  readonly label: string;
  readonly meaning: string;
}

const KEY_KINDS: readonly KeyKind[] = [
  {
    value: 'server',
    use: 'request',
    holder: 'server',
    label: 'On our server',
    meaning: 'The app’s back end signs. Nobody who has the app has the key.',
  },
  {
    value: 'embedded',
    use: 'request',
    holder: 'embedded',
    label: 'Inside the app',
    meaning: 'Anyone who has a copy of the app can take the key out. The lowest assurance.',
  },
  {
    value: 'hardware',
    use: 'request',
    holder: 'hardware',
    label: 'In a secure chip',
    meaning: 'The key was made in the chip of one device, and cannot leave it.',
  },
  {
    value: 'attest',
    use: 'attest',
    holder: 'server',
    label: 'This key vouches for installed copies (our server holds it)',
    meaning: 'Every copy makes a key of its own and signs with that. This key signs no requests.',
  },
];

/** Submits a build: a file, the version it is called by, its key, and what it asks for. */
@customElement('aw-submit')
export class SubmitPage extends LitElement {
  @consume({ context: hereContext }) private here!: Here;
  @property({ attribute: false }) appId = '';
  @state() private upload: Upload | null = null;
  @state() private version = '';
  @state() private key: GivenKey | null = null;
  @state() private busy = false;
  @state() private error: unknown = null;
  #app = new Task(
    this,
    ([id], { signal }) => fetchApp(id, signal),
    () => [this.appId] as const,
  );

  static override styles = [
    base,
    layout,
    forms,
    css`
      form {
        max-width: 46rem;
        gap: var(--aw-5);
      }
      .number {
        display: inline-grid;
        place-items: center;
        width: 1.5rem;
        height: 1.5rem;
        margin-inline-end: var(--aw-2);
        border-radius: 50%;
        background: var(--aw-accent-wash);
        color: var(--aw-accent);
        font-size: var(--aw-size-small);
        font-weight: 600;
      }
      .choices {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr));
        gap: var(--aw-2);
      }
      wa-radio::part(label) {
        display: block;
      }
    `,
  ];

  override render() {
    const app = this.#app.value;
    return html`
      <aw-page
        heading=${app === undefined ? 'Submit a build' : `Submit a build of ${app.name}`}
        back-href=${`/apps/${this.appId}`}
        back-label=${app?.name ?? 'App'}
      >
        <p slot="lead">
          A build is one exact file with a key of its own. ${this.here.vendor.name} inspects it, and approvers
          decide.
        </p>
        ${loaded(this.#app, (app) => this.#form(app))}
      </aw-page>
    `;
  }

  #form(app: App) {
    return html`<form @submit=${(event: SubmitEvent) => void this.#submit(event, app)}>
      <section class="panel" aria-labelledby="file">
        <div class="head">
          <h2 id="file"><span class="number" aria-hidden="true">1</span>The file</h2>
        </div>
        <div class="body stack">
          <aw-upload @uploaded=${this.#uploaded}></aw-upload>
          <wa-input
            label="Version"
            name="version"
            maxlength="120"
            required
            autocomplete="off"
            spellcheck="false"
            .value=${this.version}
            hint="A label for people. What counts is the file’s digest."
          ></wa-input>
        </div>
      </section>
      <section class="panel" aria-labelledby="key">
        <div class="head">
          <h2 id="key"><span class="number" aria-hidden="true">2</span>Its key</h2>
        </div>
        <div class="body stack">
          <aw-key-choice
            .purpose=${{ registry: this.here.vendor.registry, partner: app.partner.id, app: app.slug }}
            .appName=${app.name}
            @given=${(event: CustomEvent<GivenKey | null>) => (this.key = event.detail)}
          ></aw-key-choice>
          <wa-radio-group label="Who holds the private half?" name="holder" value="server" required>
            ${KEY_KINDS.map(
              ({ value, label, meaning }) =>
                html`<wa-radio value=${value}
                  >${label} <span class="quiet small">– ${meaning}</span></wa-radio
                >`,
            )}
          </wa-radio-group>
        </div>
      </section>
      <section class="panel" aria-labelledby="asks">
        <div class="head">
          <h2 id="asks"><span class="number" aria-hidden="true">3</span>What it asks for</h2>
        </div>
        <div class="body">
          ${
            app.capabilities.length === 0
              ? html`<p class="quiet">
                  Nothing that needs a capability: ${app.name} was registered without any.
                </p>`
              : html`<fieldset>
                  <legend class="visually-hidden">Capabilities</legend>
                  <div class="choices">
                    ${app.capabilities.map(
                      (name) =>
                        html`<wa-checkbox name="capability" value=${name} checked
                          ><code>${name}</code></wa-checkbox
                        >`,
                    )}
                  </div>
                </fieldset>`
          }
        </div>
      </section>
      <aw-problem .error=${this.error}></aw-problem>
      <div class="row">
        <wa-button
          type="submit"
          variant="brand"
          ?loading=${this.busy}
          ?disabled=${this.upload === null || this.key === null}
          ><wa-icon slot="start" name="send"></wa-icon>Submit the build</wa-button
        >
        ${this.#missing()}
      </div>
    </form>`;
  }

  #missing() {
    const missing = [
      ...(this.upload === null ? ['the file'] : []),
      ...(this.key === null ? ['the key'] : []),
    ];
    return missing.length === 0
      ? nothing
      : html`<span class="quiet small" role="status">Still missing: ${missing.join(' and ')}.</span>`;
  }

  #uploaded = (event: CustomEvent<Upload | null>): void => {
    this.upload = event.detail;
    if (this.version === '' && event.detail !== null) this.version = event.detail.version ?? '';
  };

  async #submit(event: SubmitEvent, app: App): Promise<void> {
    event.preventDefault();
    const { upload, key } = this;
    if (upload === null || key === null) return;
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const chosen = KEY_KINDS.find(({ value }) => value === data.get('holder'));
    this.busy = true;
    this.error = null;
    try {
      const build = await submitBuild(app.id, {
        upload: upload.id,
        version: textOf(data.get('version')),
        key: key.publicKey,
        keyProof: key.keyProof,
        use: chosen?.use ?? 'request',
        holder: chosen?.holder ?? 'embedded',
        capabilities: data.getAll('capability').map(textOf).toSorted(),
        customers: 'all',
      });
      toast(`${app.name} ${build.version} is submitted.`);
      go(`/builds/${build.id}`, 'replace');
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-submit': SubmitPage;
  }
}
