import { consume } from '@lit/context';
import { Task } from '@lit/task';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { fetchApp, type App } from '../data/apps.ts';
import { fetchBuilds, type BuildRow, type BuildSort } from '../data/builds.ts';
import { revoke } from '../data/revocations.ts';
import { RowPages } from '../data/row-pages.ts';
import { buildColumns, buildLook } from '../elements/build-rows.ts';
import { ask } from '../elements/confirm.ts';
import { loaded } from '../elements/loaded.ts';
import { OnReturn } from '../elements/on-return.ts';
import { toast } from '../elements/toasts.ts';
import { hereContext, type Here } from '../shell/here.ts';
import { base, layout } from '../styles/shared.ts';

import '../elements/copy.ts';
import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/problem.ts';
import '../elements/table.ts';
import '../elements/time.ts';

/** One app, and its builds. */
@customElement('aw-app')
export class AppPage extends LitElement {
  @consume({ context: hereContext }) private here!: Here;
  @property({ attribute: false }) appId = '';
  @state() private sort: BuildSort = '-submitted';
  @state() private pages: RowPages<BuildRow> | null = null;
  @state() private revision = 0;
  #app = new Task(
    this,
    ([id], { signal }) => fetchApp(id, signal),
    () => [this.appId] as const,
  );

  static override styles = [
    base,
    layout,
    css`
      .builds {
        height: min(34rem, 60vh);
        display: flex;
        flex-direction: column;
      }
      .builds aw-table,
      .builds aw-empty {
        flex: 1;
      }
      .capabilities {
        display: flex;
        flex-wrap: wrap;
        gap: var(--aw-1);
      }
      .capabilities code {
        padding: 0 0.4375rem;
        border-radius: var(--aw-radius-small);
        border: 1px solid var(--aw-line);
        background: var(--aw-sunken);
        line-height: 1.6;
      }
    `,
  ];

  constructor() {
    super();
    new OnReturn(this, () => this.#reload());
  }

  protected override firstUpdated(): void {
    this.#reload();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.pages?.close();
  }

  override render() {
    const app = this.#app.value;
    return html`
      <aw-page heading=${app?.name ?? 'App'} back-href="/apps" back-label="Apps">
        ${app === undefined ? nothing : html`<p slot="lead">${app.partner.name} · ${app.platform} · registered <aw-time value=${app.created}></aw-time></p>`}
        ${
          app !== undefined && this.here.person.role === 'admin' && app.published > 0
            ? html`<wa-button
                slot="actions"
                variant="danger"
                appearance="outlined"
                @click=${() => this.#revoke(app)}
                >Revoke the app</wa-button
              >`
            : nothing
        }
        <wa-button slot="actions" variant="brand" href=${`/apps/${this.appId}/submit`}
          ><wa-icon slot="start" name="upload"></wa-icon>Submit a build</wa-button
        >
        ${loaded(this.#app, (app) => this.#show(app))}
      </aw-page>
    `;
  }

  #show(app: App) {
    return html`<div class="stack loose">
      <section class="panel">
        <dl class="body facts">
          <dt>In addresses</dt>
          <dd><code>${app.slug}</code></dd>
          <dt>May ask for</dt>
          <dd class="capabilities">
            ${app.capabilities.length === 0 ? html`<span class="quiet">Nothing that needs a capability</span>` : app.capabilities.map((name) => html`<code>${name}</code>`)}
          </dd>
          <dt>Partner’s id</dt>
          <dd><aw-copy value=${app.partner.id} what="the partner’s id"></aw-copy></dd>
        </dl>
      </section>
      <section class="panel builds" aria-labelledby="builds">
        <div class="head"><h2 id="builds">Builds</h2></div>
        ${this.#builds()}
      </section>
    </div>`;
  }

  #builds() {
    const { pages } = this;
    if (pages === null) return nothing;
    if (pages.error !== null && pages.total === null) {
      return html`<aw-problem .error=${pages.error} retry @retry=${() => this.#reload()}></aw-problem>`;
    }
    if (pages.total === 0) {
      return html`<aw-empty icon="package" heading="No build yet">
        A build is one exact file. Submit it with the public key that its requests will be signed with.
        <wa-button slot="actions" variant="brand" href=${`/apps/${this.appId}/submit`}
          >Submit a build</wa-button
        >
      </aw-empty>`;
    }
    return html`<aw-table
      label="Builds of this app"
      .pages=${pages}
      .revision=${this.revision}
      .first=${{ key: 'version', label: 'Version' }}
      .columns=${buildColumns(false)}
      .look=${{ ...buildLook, link: ({ version }: BuildRow) => html`<span class="number">${version}</span>` }}
      .sort=${this.sort}
      @sort=${this.#sortBy}
    ></aw-table>`;
  }

  #sortBy = (event: CustomEvent<BuildSort>): void => {
    this.sort = event.detail;
    this.#reload();
  };

  #reload(): void {
    this.pages?.close();
    const query = { state: '', words: '', sort: this.sort, appId: this.appId } as const;
    const pages = new RowPages(
      (offset, limit, signal) => fetchBuilds(query, offset, limit, signal),
      () => (this.revision += 1),
    );
    pages.want(0, 1);
    this.pages = pages;
  }

  #revoke(app: App): void {
    ask({
      heading: `Revoke ${app.name}?`,
      body: html`<p>
          Every build of ${app.name} by ${app.partner.name} that was approved until now is refused at every
          customer, as soon as it has loaded the next bundle.
        </p>
        <p>Builds that are approved later count again.</p>`,
      action: 'Revoke the app',
      danger: true,
      reason: { label: 'Why', hint: 'The partner and the audit trail keep this sentence.', line: true },
      act: async (answers) => {
        await revoke({ kind: 'app', partner: app.partner.id, app: app.slug }, answers('reason'));
        toast(`${app.name} is revoked.`);
        await this.#app.run();
        this.#reload();
      },
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-app': AppPage;
  }
}
