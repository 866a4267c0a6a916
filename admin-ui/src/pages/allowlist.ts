import { Task } from '@lit/task';
import { html, LitElement, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { bundleAddress, fetchCustomers, type Customer } from '../data/customers.ts';
import {
  fetchPublications,
  publishNow,
  type Publication,
  type PublicationPage,
} from '../data/publications.ts';
import { fetchRevocations, type RevocationView } from '../data/revocations.ts';
import { ask } from '../elements/confirm.ts';
import { loaded } from '../elements/loaded.ts';
import { OnReturn } from '../elements/on-return.ts';
import { causeInWords } from '../elements/states.ts';
import { toast } from '../elements/toasts.ts';
import { countInWords } from '../elements/words.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/state.ts';
import '../elements/time.ts';

/** Every version of the allowlist that was published, and the bundles that carry the newest. */
@customElement('aw-allowlist')
export class AllowlistPage extends LitElement {
  #publications = new Task(
    this,
    (_, { signal }) => fetchPublications(signal),
    () => [],
  );
  #customers = new Task(
    this,
    (_, { signal }) => fetchCustomers(signal),
    () => [],
  );
  #revocations = new Task(
    this,
    (_, { signal }) => fetchRevocations(signal),
    () => [],
  );

  static override styles = [base, layout, tables];

  constructor() {
    super();
    new OnReturn(this, () => void this.#publications.run());
  }

  override render() {
    return html`
      <aw-page heading="Allowlist">
        <p slot="lead">
          What is approved is published as signed metadata, by itself. Every version is opened with the real
          verifier before anyone gets it.
        </p>
        <wa-button slot="actions" appearance="outlined" @click=${this.#publish}
          ><wa-icon slot="start" name="refresh-cw"></wa-icon>Publish now</wa-button
        >
        <div class="columns">
          <section class="panel" aria-labelledby="versions">
            <div class="head"><h2 id="versions">Versions</h2></div>
            ${loaded(this.#publications, (page) => this.#versions(page), 'rows')}
          </section>
          <div class="stack loose">
            <section class="panel" aria-labelledby="bundles">
              <div class="head"><h2 id="bundles">Bundles</h2></div>
              ${loaded(this.#customers, (customers) => this.#bundles(customers))}
            </section>
            <section class="panel" aria-labelledby="revocations">
              <div class="head"><h2 id="revocations">Revocations</h2></div>
              ${loaded(this.#revocations, (revocations) => this.#revoked(revocations))}
            </section>
          </div>
        </div>
      </aw-page>
    `;
  }

  #versions({ rows }: PublicationPage) {
    if (rows.length === 0) {
      return html`<aw-empty icon="list-checks" heading="Nothing is published yet"
        >The first version appears once something is approved.</aw-empty
      >`;
    }
    return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Why</th>
            <th scope="col" class="end">Builds</th>
            <th scope="col" class="end">Customers</th>
            <th scope="col">Published</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => this.#row(row))}
        </tbody>
      </table>
    </div>`;
  }

  #row(row: Publication) {
    return html`<tr>
      <td><a class="name" href=${`/allowlist/${row.version}`}>Version ${row.version}</a></td>
      <td>
        ${causeInWords(row.cause)}${row.by === null ? nothing : html` <span class="quiet">by ${row.by.name}</span>`}
      </td>
      <td class="end">${countInWords(row.entries)}</td>
      <td class="end">${countInWords(row.customers)}</td>
      <td>
        ${
          row.published === null
            ? html`<aw-state tone=${row.state === 'failed' ? 'bad' : 'quiet'}
                >${row.state === 'failed' ? 'Failed' : 'Under way'}</aw-state
              >`
            : html`<span class="quiet"><aw-time value=${row.published}></aw-time></span>`
        }
      </td>
    </tr>`;
  }

  #bundles(customers: readonly Customer[]) {
    if (customers.length === 0)
      return html`<p class="body quiet">There is no customer to make a bundle for.</p>`;
    return html`<ul class="body stack tight">
      ${customers.map(
        (customer) =>
          html`<li class="row between">
            <a href=${`/customers/${customer.id}`}>${customer.name}</a>
            ${
              customer.bundle.ready
                ? html`<wa-button size="s" appearance="outlined" href=${bundleAddress(customer.id)} download
                    ><wa-icon slot="start" name="download"></wa-icon>Version ${customer.bundle.version}<span
                      class="visually-hidden"
                      >, bundle of ${customer.name}</span
                    ></wa-button
                  >`
                : html`<span class="quiet small">not ready</span>`
            }
          </li>`,
      )}
    </ul>`;
  }

  #revoked(revocations: readonly RevocationView[]) {
    if (revocations.length === 0) return html`<p class="body quiet">Nothing has been revoked.</p>`;
    return html`<ul class="body stack">
      ${revocations.map(
        ({ subject, through, reason, by }) =>
          html`<li>
            <div>${reason}</div>
            <div class="quiet small">
              ${subjectInWords(subject)}, revoked${by === null ? nothing : ` by ${by.name}`}
              <aw-time value=${through}></aw-time>
            </div>
          </li>`,
      )}
    </ul>`;
  }

  #publish = (): void => {
    ask({
      heading: 'Publish now?',
      body: html`<p>
        A new version is signed from what is approved at this moment, for every customer. This happens by
        itself after each approval and revocation, and on a timer; by hand it only makes the signed time
        newer.
      </p>`,
      action: 'Publish now',
      act: async () => {
        await publishNow();
        toast('A new version is published.');
        await Promise.all([this.#publications.run(), this.#customers.run(), this.#revocations.run()]);
      },
    });
  };
}

const SUBJECTS = new Map([
  ['statement', 'One approval'],
  ['artifact', 'A build'],
  ['app', 'An app'],
  ['partner', 'A partner'],
  ['identity', 'A key'],
]);

function subjectInWords(subject: RevocationView['subject']): string {
  const kind = typeof subject === 'object' && subject !== null && 'kind' in subject ? subject.kind : '';
  return SUBJECTS.get(typeof kind === 'string' ? kind : '') ?? 'Something';
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-allowlist': AllowlistPage;
  }
}
