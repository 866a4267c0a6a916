import { Task } from '@lit/task';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { fetchPublication, type PublicationDetail } from '../data/publications.ts';
import { loaded } from '../elements/loaded.ts';
import { causeInWords } from '../elements/states.ts';
import { plural, sizeInWords } from '../elements/words.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '../elements/copy.ts';
import '../elements/page.ts';
import '../elements/time.ts';

/** One version of the allowlist: what came, what went, and its files. */
@customElement('aw-publication')
export class PublicationElement extends LitElement {
  @property({ attribute: false }) version = '';
  #publication = new Task(
    this,
    ([version], { signal }) => fetchPublication(version, signal),
    () => [this.version] as const,
  );

  static override styles = [
    base,
    layout,
    tables,
    css`
      .changes li {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0 var(--aw-3);
        padding: var(--aw-2) var(--aw-4);
      }
      .changes li + li {
        border-top: 1px solid var(--aw-line);
      }
      .changes wa-icon {
        margin-top: 0.2em;
        color: var(--aw-good);
      }
      .changes .removed wa-icon {
        color: var(--aw-bad);
      }
      .changes li > span {
        min-width: 0;
      }
      .changes code {
        display: block;
        color: var(--aw-quiet);
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
    `,
  ];

  override render() {
    const publication = this.#publication.value;
    return html`
      <aw-page heading=${`Version ${this.version}`} back-href="/allowlist" back-label="Allowlist">
        ${
          publication === undefined
            ? nothing
            : html`<p slot="lead">
                ${causeInWords(publication.cause)}${publication.by === null ? '' : ` by ${publication.by.name}`}
                ·
                ${publication.published === null ? publication.state : html`published <aw-time value=${publication.published} as="date"></aw-time>`}
              </p>`
        }
        ${loaded(this.#publication, (publication) => this.#show(publication))}
      </aw-page>
    `;
  }

  #show(publication: PublicationDetail) {
    const { entries, partners, customers, revocations, targetsVersion, registryVersion } = publication;
    return html`<div class="columns">
      <div class="stack loose">
        ${this.#changes(publication)}
        <section class="panel" aria-labelledby="files">
          <div class="head">
            <h2 id="files">Files</h2>
            <span class="quiet small">${plural(publication.files.length, 'file')}</span>
          </div>
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">Role</th>
                  <th scope="col" class="end">Version</th>
                  <th scope="col" class="end">Size</th>
                  <th scope="col">Digest</th>
                </tr>
              </thead>
              <tbody>
                ${publication.files.map(
                  (file) =>
                    html`<tr>
                      <td><code>${file.role}</code></td>
                      <td class="end">${file.version}</td>
                      <td class="end">${sizeInWords(file.length)}</td>
                      <td><aw-copy value=${file.digest} what="the digest" ends="8"></aw-copy></td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>
        </section>
      </div>
      <section class="panel" aria-labelledby="holds">
        <div class="head"><h2 id="holds">Holds</h2></div>
        <dl class="body facts">
          <dt>Builds</dt>
          <dd>${entries}</dd>
          <dt>Partners</dt>
          <dd>${partners}</dd>
          <dt>Customers</dt>
          <dd>${customers}</dd>
          <dt>Revocations</dt>
          <dd>${revocations}</dd>
          <dt>Targets</dt>
          <dd>version ${targetsVersion ?? '–'}</dd>
          <dt>Registry</dt>
          <dd>version ${registryVersion ?? '–'}</dd>
        </dl>
      </section>
    </div>`;
  }

  #changes({ added, removed }: PublicationDetail) {
    const line = (
      kind: 'added' | 'removed',
      { path, title }: { readonly path: string; readonly title: string },
    ) =>
      html`<li class=${kind}>
        <wa-icon
          name=${kind === 'added' ? 'plus' : 'minus'}
          label=${kind === 'added' ? 'Came' : 'Went'}
        ></wa-icon>
        <span>${title}<code class="small" title=${path}>${path}</code></span>
      </li>`;
    return html`<section class="panel" aria-labelledby="changes">
      <div class="head"><h2 id="changes">What changed</h2></div>
      ${
        added.length + removed.length === 0
          ? html`<p class="body quiet">Nothing but the time at which it was signed.</p>`
          : html`<ul class="changes">
              ${added.map((item) => line('added', item))}${removed.map((item) => line('removed', item))}
            </ul>`
      }
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-publication': PublicationElement;
  }
}
