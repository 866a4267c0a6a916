import { consume } from '@lit/context';
import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import {
  fetchBuilds,
  type BuildQuery,
  type BuildRow,
  type BuildSort,
  type BuildState,
} from '../data/builds.ts';
import { RowPages } from '../data/row-pages.ts';
import { openApproval } from '../elements/approving.ts';
import { buildColumns, buildLook } from '../elements/build-rows.ts';
import { OnReturn } from '../elements/on-return.ts';
import { buildWord } from '../elements/states.ts';
import { countInWords, plural } from '../elements/words.ts';
import { go } from '../router.ts';
import { hereContext, type Here } from '../shell/here.ts';
import { base, layout } from '../styles/shared.ts';

import '@awesome.me/webawesome/dist/components/input/input.js';
import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/problem.ts';
import '../elements/table.ts';

const STATES: readonly BuildState[] = ['waiting', 'approved', 'published', 'rejected', 'revoked'];
const SORTS: readonly BuildSort[] = (['submitted', 'version', 'app', 'state', 'partner'] as const).flatMap(
  (key) => [key, `-${key}` as const],
);
/** What one approval list may hold. */
const MOST = 200;

/** Every build: found, sorted, and chosen to be approved together. What is looked for stands in the address. */
@customElement('aw-builds')
export class BuildsPage extends LitElement {
  @consume({ context: hereContext }) private here!: Here;
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private pages!: RowPages<BuildRow>;
  @state() private revision = 0;
  @state() private chosen: ReadonlySet<string> = new Set();
  #typing = 0;

  static override styles = [
    base,
    layout,
    css`
      :host {
        height: 100%;
      }
      .whole {
        height: 100%;
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: var(--aw-2) var(--aw-3);
        align-items: center;
        padding: var(--aw-3) var(--aw-4);
        border-bottom: 1px solid var(--aw-line);
      }
      .tools wa-input {
        flex: 1 1 14rem;
        max-width: 22rem;
      }
      .tools wa-input::part(form-control-label) {
        position: absolute;
        clip-path: inset(50%);
      }
      .states {
        display: flex;
        flex-wrap: wrap;
        gap: 2px;
      }
      .states a {
        padding: 0.25rem 0.625rem;
        border-radius: 1rem;
        color: var(--aw-quiet);
        text-decoration: none;
        font-size: var(--aw-size-small);
        font-weight: 500;
      }
      .states a:hover {
        background: var(--aw-sunken);
        color: var(--aw-text);
      }
      .states a[aria-current] {
        background: var(--aw-accent-wash);
        color: var(--aw-accent);
      }
      .total {
        margin-inline-start: auto;
      }
      .rest {
        flex: 1;
        min-height: 0;
        position: relative;
      }
      .chosen {
        display: flex;
        flex-wrap: wrap;
        gap: var(--aw-2) var(--aw-3);
        align-items: center;
        padding: var(--aw-2) var(--aw-4);
        border-top: 1px solid var(--aw-line);
        background: var(--aw-accent-wash);
        border-radius: 0 0 var(--aw-radius) var(--aw-radius);
      }
      .chosen strong {
        font-weight: 600;
        margin-inline-end: auto;
      }
      aw-problem {
        margin: var(--aw-4);
      }
    `,
  ];

  constructor() {
    super();
    new OnReturn(this, () => this.#reload());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.pages.close();
    clearTimeout(this.#typing);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('query')) {
      this.chosen = new Set();
      this.#reload();
    }
  }

  override render() {
    const { state, words, sort } = this.#wanted();
    const admin = this.here.person.role === 'admin';
    return html`
      <aw-page heading="Builds" fill>
        ${
          admin
            ? nothing
            : html`<wa-button slot="actions" variant="brand" href="/apps"
                ><wa-icon slot="start" name="upload"></wa-icon>Submit a build</wa-button
              >`
        }
        <section class="panel whole">
          <div class="tools">
            <nav class="states" aria-label="State">
              ${this.#stateLink('', 'All')} ${STATES.map((state) => this.#stateLink(state, buildWord(state)))}
            </nav>
            <span class="total quiet small number" role="status">${this.#total()}</span>
            <wa-input
              type="search"
              size="s"
              label="Find builds"
              placeholder="App, version, partner or digest"
              with-clear
              value=${words}
              @input=${this.#type}
              @wa-clear=${this.#type}
            >
              <wa-icon slot="start" name="search"></wa-icon>
            </wa-input>
          </div>
          <div class="rest">${this.#rows(state, words, sort, admin)}</div>
          ${admin && this.chosen.size > 0 ? this.#act() : nothing}
        </section>
      </aw-page>
    `;
  }

  #rows(state: BuildState | '', words: string, sort: BuildSort, admin: boolean) {
    const { pages } = this;
    if (pages.error !== null && pages.total === null) {
      return html`<aw-problem .error=${pages.error} retry @retry=${() => this.#reload()}></aw-problem>`;
    }
    if (pages.total === 0) {
      const all = state === '' && words === '';
      return html`<aw-empty
        icon="package"
        heading=${all ? 'No build has been submitted yet' : 'No build is like this'}
      >
        ${all ? 'Builds show here as soon as partners submit them.' : 'Try other words, or another state.'}
      </aw-empty>`;
    }
    return html`<aw-table
      label="Builds"
      .pages=${pages}
      .revision=${this.revision}
      .first=${{ key: 'app', label: 'App and version' }}
      .columns=${buildColumns(admin)}
      .look=${buildLook}
      .sort=${sort}
      .choosing=${admin && state === 'waiting'}
      .chosen=${this.chosen}
      @sort=${(event: CustomEvent<BuildSort>) => this.#go({ sort: event.detail })}
      @choose-all=${this.#chooseAll}
      @choose=${(event: CustomEvent<ReadonlySet<string>>) => (this.chosen = event.detail)}
    ></aw-table>`;
  }

  #act() {
    const count = this.chosen.size;
    return html`<div class="chosen" role="region" aria-label="Chosen builds">
      <strong>${plural(count, 'build')} chosen</strong>
      ${count > MOST ? html`<span class="small">One list holds ${MOST} at most.</span>` : nothing}
      <wa-button size="s" appearance="outlined" @click=${() => (this.chosen = new Set())}>Clear</wa-button>
      <wa-button size="s" variant="brand" ?disabled=${count > MOST} @click=${this.#approve}
        ><wa-icon slot="start" name="stamp"></wa-icon>Approve
        ${count === 1 ? 'it' : `all ${countInWords(count)}`}</wa-button
      >
    </div>`;
  }

  #stateLink(state: BuildState | '', label: string) {
    const wanted = this.#wanted();
    const href = this.#address({ ...wanted, state });
    return html`<a href=${href} aria-current=${wanted.state === state ? 'true' : nothing}>${label}</a>`;
  }

  #total(): string {
    return this.pages.total === null ? '' : plural(this.pages.total, 'build');
  }

  #wanted(): BuildQuery {
    const state = STATES.find((state) => state === this.query.get('state')) ?? '';
    const sort = SORTS.find((sort) => sort === this.query.get('sort')) ?? '-submitted';
    return { state, words: this.query.get('q') ?? '', sort };
  }

  #address({ state, words, sort }: BuildQuery): string {
    const search = new URLSearchParams();
    if (state !== '') search.set('state', state);
    if (words !== '') search.set('q', words);
    if (sort !== '-submitted') search.set('sort', sort);
    return search.size === 0 ? '/builds' : `/builds?${search}`;
  }

  #go(change: Partial<BuildQuery>): void {
    go(this.#address({ ...this.#wanted(), ...change }), 'replace');
  }

  #type = (event: Event): void => {
    const { value } = event.currentTarget as HTMLElement & { value: string | null };
    clearTimeout(this.#typing);
    this.#typing = window.setTimeout(() => this.#go({ words: (value ?? '').trim() }), 150);
  };

  #reload(): void {
    const wanted = this.#wanted();
    const before = this.pages as RowPages<BuildRow> | undefined;
    before?.close();
    const pages = new RowPages(
      (offset, limit, signal) => fetchBuilds(wanted, offset, limit, signal),
      () => (this.revision += 1),
    );
    pages.want(0, 1);
    this.pages = pages;
  }

  #chooseAll = async (): Promise<void> => {
    const { rows } = await fetchBuilds(this.#wanted(), 0, MOST);
    this.chosen = new Set(rows.filter(buildLook.choosable).map(({ id }) => id));
  };

  #approve = (): void => {
    openApproval(
      [...this.chosen].map((id) => ({ kind: 'build', id })),
      plural(this.chosen.size, 'build'),
    );
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-builds': BuildsPage;
  }
}
