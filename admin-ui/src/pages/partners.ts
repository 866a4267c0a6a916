import { Task } from '@lit/task';
import { html, LitElement } from 'lit';
import { customElement } from 'lit/decorators.js';
import { addPartner, fetchPartners, type Partner } from '../data/partners.ts';
import { ask } from '../elements/confirm.ts';
import { loaded } from '../elements/loaded.ts';
import { toast } from '../elements/toasts.ts';
import { countInWords } from '../elements/words.ts';
import { go } from '../router.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '@awesome.me/webawesome/dist/components/input/input.js';
import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/time.ts';

/** Every partner. */
@customElement('aw-partners')
export class PartnersPage extends LitElement {
  #partners = new Task(
    this,
    (_, { signal }) => fetchPartners(signal),
    () => [],
  );

  static override styles = [base, layout, tables];

  override render() {
    return html`
      <aw-page heading="Partners">
        <p slot="lead">Who makes apps for your API. Each sees only what is theirs.</p>
        <wa-button slot="actions" variant="brand" @click=${this.#add}
          ><wa-icon slot="start" name="plus"></wa-icon>Add a partner</wa-button
        >
        ${loaded(this.#partners, (partners) => this.#show(partners), 'rows')}
      </aw-page>
    `;
  }

  #show(partners: readonly Partner[]) {
    if (partners.length === 0) {
      return html`<section class="panel">
        <aw-empty icon="handshake" heading="No partner yet">
          Add a partner, then invite its people: they register apps, and submit builds.
          <wa-button slot="actions" variant="brand" @click=${this.#add}>Add a partner</wa-button>
        </aw-empty>
      </section>`;
    }
    return html`<section class="panel scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Partner</th>
            <th scope="col" class="end">Apps</th>
            <th scope="col" class="end">Builds</th>
            <th scope="col" class="end">People</th>
            <th scope="col">Since</th>
          </tr>
        </thead>
        <tbody>
          ${partners.map(
            (partner) =>
              html`<tr>
                <td><a class="name" href=${`/partners/${partner.id}`}>${partner.name}</a></td>
                <td class="end">${countInWords(partner.apps)}</td>
                <td class="end">${countInWords(partner.builds)}</td>
                <td class="end">${countInWords(partner.people)}</td>
                <td class="quiet"><aw-time value=${partner.created}></aw-time></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </section>`;
  }

  #add = (): void => {
    ask({
      heading: 'Add a partner',
      body: html`<wa-input
        label="Name"
        name="name"
        maxlength="120"
        required
        autofocus
        autocomplete="off"
        hint="Approvers and customers read this name beside every app of theirs."
      ></wa-input>`,
      action: 'Add the partner',
      act: async (answers) => {
        const partner = await addPartner(answers('name'));
        toast(`${partner.name} is a partner now.`);
        go(`/partners/${partner.id}`);
      },
    });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-partners': PartnersPage;
  }
}
