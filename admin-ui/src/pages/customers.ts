import { Task } from '@lit/task';
import { html, LitElement } from 'lit';
import { customElement } from 'lit/decorators.js';
import { addCustomer, bundleAddress, fetchCustomers, type Customer } from '../data/customers.ts';
import { ask } from '../elements/confirm.ts';
import { loaded } from '../elements/loaded.ts';
import { OnReturn } from '../elements/on-return.ts';
import { statementState } from '../elements/states.ts';
import { toast } from '../elements/toasts.ts';
import { go } from '../router.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '@awesome.me/webawesome/dist/components/input/input.js';
import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/state.ts';
import '../elements/time.ts';

/** Every customer, with licence and bundle. */
@customElement('aw-customers')
export class CustomersPage extends LitElement {
  #customers = new Task(
    this,
    (_, { signal }) => fetchCustomers(signal),
    () => [],
  );

  static override styles = [base, layout, tables];

  constructor() {
    super();
    new OnReturn(this, () => void this.#customers.run());
  }

  override render() {
    return html`
      <aw-page heading="Customers">
        <p slot="lead">
          Who runs your server. Each gets one file, the bundle, over the network or on a stick.
        </p>
        <wa-button slot="actions" variant="brand" @click=${this.#add}
          ><wa-icon slot="start" name="plus"></wa-icon>Add a customer</wa-button
        >
        ${loaded(this.#customers, (customers) => this.#show(customers), 'rows')}
      </aw-page>
    `;
  }

  #show(customers: readonly Customer[]) {
    if (customers.length === 0) {
      return html`<section class="panel">
        <aw-empty icon="building-2" heading="No customer yet">
          Add a customer, then list its deployments: each installed verifier prints its deployment id when it
          is activated.
          <wa-button slot="actions" variant="brand" @click=${this.#add}>Add a customer</wa-button>
        </aw-empty>
      </section>`;
    }
    return html`<section class="panel scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Customer</th>
            <th scope="col" class="end">Deployments</th>
            <th scope="col">Licence</th>
            <th scope="col">Licence ends</th>
            <th scope="col">Bundle</th>
            <th scope="col" class="end"><span class="visually-hidden">Download</span></th>
          </tr>
        </thead>
        <tbody>
          ${customers.map((customer) => this.#row(customer))}
        </tbody>
      </table>
    </section>`;
  }

  #row(customer: Customer) {
    const { license, bundle } = customer;
    return html`<tr>
      <td>
        <a class="name" href=${`/customers/${customer.id}`}>${customer.name}</a>
        ${customer.development ? html`<aw-state tone="quiet" icon="monitor">This machine</aw-state>` : ''}
      </td>
      <td class="end">${customer.deployments.length}</td>
      <td>${license === null ? html`<span class="quiet">None</span>` : statementState(license)}</td>
      <td class="quiet">${license === null ? '–' : html`<aw-time value=${license.expires}></aw-time>`}</td>
      <td class="quiet">
        ${bundle.ready ? html`version ${bundle.version}, signed <aw-time value=${bundle.signedAt}></aw-time>` : 'not ready'}
      </td>
      <td class="end">
        ${
          bundle.ready
            ? html`<wa-button size="s" appearance="outlined" href=${bundleAddress(customer.id)} download
                ><wa-icon slot="start" name="download"></wa-icon>Bundle<span class="visually-hidden">
                  of ${customer.name}</span
                ></wa-button
              >`
            : ''
        }
      </td>
    </tr>`;
  }

  #add = (): void => {
    ask({
      heading: 'Add a customer',
      body: html`<wa-input
        label="Name"
        name="name"
        maxlength="120"
        required
        autofocus
        autocomplete="off"
        hint="Approvers read it on every licence and grant."
      ></wa-input>`,
      action: 'Add the customer',
      act: async (answers) => {
        const customer = await addCustomer(answers('name'), []);
        toast(`${customer.name} is a customer now.`);
        go(`/customers/${customer.id}`);
      },
    });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-customers': CustomersPage;
  }
}
