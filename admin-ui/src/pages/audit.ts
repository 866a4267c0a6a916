import { css, html, LitElement, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { fetchAudit, type AuditAct } from '../data/audit.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '../elements/copy.ts';
import '../elements/empty.ts';
import '../elements/loading.ts';
import '../elements/page.ts';
import '../elements/problem.ts';
import '../elements/time.ts';

const PAGE = 100;

/** Every act, newest first. Each is chained to the one before it, and every bundle carries the chain's head. */
@customElement('aw-audit')
export class AuditPageElement extends LitElement {
  @state() private acts: readonly AuditAct[] = [];
  @state() private head = '';
  @state() private more = true;
  @state() private busy = false;
  @state() private error: unknown = null;

  static override styles = [
    base,
    layout,
    tables,
    css`
      td {
        white-space: nowrap;
      }
      td.detail {
        width: 40%;
        max-width: 0;
        color: var(--aw-quiet);
        font-size: var(--aw-size-small);
      }
      td.detail > code {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .more {
        padding: var(--aw-3) var(--aw-4);
        border-top: 1px solid var(--aw-line);
      }
      summary {
        cursor: pointer;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      details[open] summary code {
        visibility: hidden;
      }
      pre {
        margin: var(--aw-1) 0 0;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        font-family: var(--aw-mono);
      }
    `,
  ];

  protected override firstUpdated(): void {
    void this.#load();
  }

  override render() {
    return html`
      <aw-page heading="Audit trail">
        <p slot="lead">
          What anyone did here, for ever. Every act holds the digest of the one before it, and every bundle
          carries the newest: a trail that was rewritten later does not fit what customers have.
        </p>
        <div class="stack">
          ${this.head === '' ? nothing : html`<p class="quiet small">Newest digest: <aw-copy value=${this.head} what="the digest"></aw-copy></p>`}
          <section class="panel">
            ${this.acts.length === 0 ? nothing : this.#table()}
            ${this.busy ? html`<aw-loading kind="rows"></aw-loading>` : nothing}
            ${this.error === null ? nothing : html`<aw-problem .error=${this.error} retry @retry=${this.#load}></aw-problem>`}
            ${
              this.more && !this.busy && this.acts.length > 0
                ? html`<p class="more">
                    <wa-button size="s" appearance="outlined" @click=${this.#load}>Older ones</wa-button>
                  </p>`
                : nothing
            }
            ${!this.more && this.acts.length === 0 ? html`<aw-empty icon="scroll-text" heading="Nothing has happened yet"></aw-empty>` : nothing}
          </section>
        </div>
      </aw-page>
    `;
  }

  #table() {
    return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col" class="end">No.</th>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">To what</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          ${this.acts.map(
            ({ seq, at, actor, action, subject, detail }) =>
              html`<tr>
                <td class="end quiet">${seq}</td>
                <td><aw-time value=${at} as="date"></aw-time></td>
                <td>${actor?.name ?? html`<span class="quiet">The portal</span>`}</td>
                <td><code>${action}</code></td>
                <td>${showSubject(subject)}</td>
                <td class="detail">${showDetail(detail)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  #load = async (): Promise<void> => {
    this.busy = true;
    this.error = null;
    try {
      const { rows, head } = await fetchAudit(this.acts.at(-1)?.seq ?? null, PAGE);
      this.acts = [...this.acts, ...rows];
      if (this.head === '') this.head = head;
      this.more = rows.length === PAGE;
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
  };
}

/** Where the pages show what an act was done to, by the letter of its id. */
const PLACES = new Map([
  ['a-', '/apps/'],
  ['b-', '/builds/'],
  ['c-', '/customers/'],
  ['p-', '/partners/'],
]);

function showSubject(subject: string | null) {
  if (subject === null) return html`<span class="quiet">–</span>`;
  const text = html`<code title=${subject}
    >${subject.length > 16 ? `${subject.slice(0, 12)}…` : subject}</code
  >`;
  const place = PLACES.get(subject.slice(0, 2));
  return place === undefined
    ? html`<span class="quiet">${text}</span>`
    : html`<a href=${`${place}${subject}`}>${text}</a>`;
}

function showDetail(detail: AuditAct['detail']) {
  const text = JSON.stringify(detail);
  if (text === '{}' || text === 'null') return nothing;
  if (text.length <= 40) return html`<code>${text}</code>`;
  return html`<details>
    <summary><code>${text.slice(0, 200)}</code></summary>
    <pre>${JSON.stringify(detail, null, 2)}</pre>
  </details>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-audit': AuditPageElement;
  }
}
