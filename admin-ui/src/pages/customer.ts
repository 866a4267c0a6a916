import { Task } from '@lit/task';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import {
  bundleAddress,
  fetchCustomer,
  type Customer,
  type GrantView,
  type LicenseView,
} from '../data/customers.ts';
import { openApproval } from '../elements/approving.ts';
import { askForDeployment, askToDropDeployment } from '../elements/deployments.ts';
import { askToRevoke } from '../elements/revoke.ts';
import { loaded } from '../elements/loaded.ts';
import { OnReturn } from '../elements/on-return.ts';
import { statementState } from '../elements/states.ts';
import { askForGrant, askForLicense } from '../elements/terms.ts';
import { durationInWords } from '../elements/words.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '../elements/copy.ts';
import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/state.ts';
import '../elements/time.ts';

const EFFECTS = { monitor: 'Monitor mode', breakGlass: 'Break-glass', grace: 'Longer grace' };

/** One customer: its deployments, licence and grants, and the bundle that it gets. */
@customElement('aw-customer')
export class CustomerPage extends LitElement {
  @property({ attribute: false }) customerId = '';
  #customer = new Task(
    this,
    ([id], { signal }) => fetchCustomer(id, signal),
    () => [this.customerId] as const,
  );

  static override styles = [
    base,
    layout,
    tables,
    css`
      .bundle {
        display: grid;
        gap: var(--aw-3);
        justify-items: start;
      }
      .origins {
        display: block;
        color: var(--aw-quiet);
      }
    `,
  ];

  constructor() {
    super();
    new OnReturn(this, () => void this.#customer.run());
  }

  override render() {
    const customer = this.#customer.value;
    return html`
      <aw-page heading=${customer?.name ?? 'Customer'} back-href="/customers" back-label="Customers">
        ${
          customer === undefined
            ? nothing
            : html`<p slot="lead">
                ${customer.development ? 'This machine’s own deployment, made when the portal first started. ' : ''}Customer
                since
                <aw-time value=${customer.created}></aw-time>
              </p>`
        }
        ${
          customer?.bundle.ready
            ? html`<wa-button slot="actions" variant="brand" href=${bundleAddress(customer.id)} download
                ><wa-icon slot="start" name="download"></wa-icon>Download the bundle</wa-button
              >`
            : nothing
        }
        ${loaded(this.#customer, (customer) => this.#show(customer))}
      </aw-page>
    `;
  }

  #show(customer: Customer) {
    return html`<div class="columns">
      <div class="stack loose">
        ${this.#license(customer)} ${this.#deployments(customer)} ${this.#grants(customer)}
      </div>
      <div class="stack loose">${this.#bundle(customer)}</div>
    </div>`;
  }

  #license(customer: Customer) {
    const { license } = customer;
    const waits = license?.state === 'proposed';
    return html`<section class="panel" aria-labelledby="license">
      <div class="head">
        <h2 id="license">Licence</h2>
        <div class="row">
          ${waits ? html`<wa-button size="s" variant="brand" @click=${() => this.#approveLicense(customer)}><wa-icon slot="start" name="stamp"></wa-icon>Approve</wa-button>` : nothing}
          ${
            license?.state === 'published'
              ? html`<wa-button
                  size="s"
                  appearance="plain"
                  @click=${() => this.#revokeLicense(license, customer)}
                  >Revoke</wa-button
                >`
              : nothing
          }
          <wa-button
            size="s"
            appearance="outlined"
            ?disabled=${customer.deployments.length === 0}
            @click=${() => askForLicense(customer, () => void this.#customer.run())}
            >${license === null ? 'Propose a licence' : 'Propose another'}</wa-button
          >
        </div>
      </div>
      ${
        license === null
          ? html`<p class="body quiet">
              ${customer.deployments.length === 0 ? 'A licence names deployments: list them first.' : 'Without a licence that approvers have signed, no bundle loads there.'}
            </p>`
          : html`<dl class="body facts">
              <dt>State</dt>
              <dd>${statementState(license)}</dd>
              <dt>Ends</dt>
              <dd><aw-time value=${license.expires} as="date"></aw-time></dd>
              <dt>Fresh</dt>
              <dd>${durationInWords(license.fresh)} after an allowlist was signed</dd>
              <dt>Grace</dt>
              <dd>${durationInWords(license.grace)} more, with a warning; then everything is refused</dd>
            </dl>`
      }
    </section>`;
  }

  #deployments(customer: Customer) {
    return html`<section class="panel" aria-labelledby="deployments">
      <div class="head">
        <h2 id="deployments">Deployments</h2>
        <wa-button
          size="s"
          appearance="outlined"
          @click=${() => askForDeployment(customer, () => void this.#customer.run())}
          >Add a deployment</wa-button
        >
      </div>
      ${
        customer.deployments.length === 0
          ? html`<aw-empty icon="server" heading="No deployment yet">
              Install the verifier package at ${customer.name} and run its <code>activate</code>: it prints
              the deployment id.
            </aw-empty>`
          : html`<div class="scroll">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Deployment id, and where apps reach it</th>
                    <th scope="col" class="end"><span class="visually-hidden">What can be done</span></th>
                  </tr>
                </thead>
                <tbody>
                  ${customer.deployments.map(
                    (deployment) =>
                      html`<tr>
                        <td>
                          <aw-copy value=${deployment.id} what="the deployment id"></aw-copy>
                          <span class="origins small">${deployment.origins.join(', ')}</span>
                        </td>
                        <td class="end">
                          <wa-button
                            size="s"
                            appearance="plain"
                            @click=${() => askToDropDeployment(customer, deployment, () => void this.#customer.run())}
                            >Remove</wa-button
                          >
                        </td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
      }
    </section>`;
  }

  #grants(customer: Customer) {
    return html`<section class="panel" aria-labelledby="grants">
      <div class="head">
        <h2 id="grants">Grants</h2>
        <wa-button
          size="s"
          appearance="outlined"
          ?disabled=${customer.deployments.length === 0}
          @click=${() => askForGrant(customer, () => void this.#customer.run())}
          >Propose a grant</wa-button
        >
      </div>
      ${
        customer.grants.length === 0
          ? html`<p class="body quiet">
              None. A grant opens a customer’s servers wider for some hours, and is approved by people like
              everything that widens.
            </p>`
          : html`<div class="scroll">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Grant</th>
                    <th scope="col">State</th>
                    <th scope="col">Ends</th>
                    <th scope="col" class="end"><span class="visually-hidden">What can be done</span></th>
                  </tr>
                </thead>
                <tbody>
                  ${customer.grants.map((grant) => this.#grant(grant, customer))}
                </tbody>
              </table>
            </div>`
      }
    </section>`;
  }

  #grant(grant: GrantView, customer: Customer) {
    return html`<tr>
      <td>
        ${EFFECTS[grant.effect.kind]}${grant.effect.kind === 'grace' ? `, ${durationInWords(grant.effect.grace)}` : ''}
        <span class="origins small">${grant.reason}</span>
      </td>
      <td>${statementState(grant)}</td>
      <td class="quiet"><aw-time value=${grant.expires}></aw-time></td>
      <td class="end">
        ${
          grant.state === 'proposed'
            ? html`<wa-button
                size="s"
                variant="brand"
                @click=${() => openApproval([{ kind: 'grant', grantId: grant.id }], `${EFFECTS[grant.effect.kind]} for ${customer.name}`)}
                >Approve</wa-button
              >`
            : nothing
        }
        ${
          grant.state === 'approved' || grant.state === 'published'
            ? html`<wa-button size="s" appearance="plain" @click=${() => this.#revokeGrant(grant, customer)}
                >Revoke</wa-button
              >`
            : nothing
        }
      </td>
    </tr>`;
  }

  #bundle({ id, bundle, license }: Customer) {
    return html`<section class="panel" aria-labelledby="bundle">
      <div class="head"><h2 id="bundle">Bundle</h2></div>
      <div class="body bundle">
        ${
          bundle.ready
            ? html`<p>Version ${bundle.version}, signed <aw-time value=${bundle.signedAt}></aw-time>.</p>
                <p class="quiet small">
                  One file: everything that this customer’s verifier needs to decide offline. It holds no
                  secret, and is useless to anyone else.
                </p>
                <wa-button appearance="outlined" href=${bundleAddress(id)} download
                  ><wa-icon slot="start" name="download"></wa-icon>Download</wa-button
                >`
            : html`<p><strong>There is no bundle yet.</strong></p>
                <p>${bundle.why}</p>
                ${license?.state === 'proposed' ? html`<p class="quiet small">It is made as soon as the licence has been approved.</p>` : nothing}`
        }
      </div>
    </section>`;
  }

  #revokeGrant(grant: GrantView, { name }: Customer): void {
    const what = `${EFFECTS[grant.effect.kind].toLowerCase()} for ${name}`;
    const effect = `The servers of ${name} are as strict as before, as soon as they have loaded the next bundle.`;
    askToRevoke({ statement: grant.statement, what, effect }, () => void this.#customer.run());
  }

  #revokeLicense(license: LicenseView, { name }: Customer): void {
    const effect = `There is no bundle for ${name} any more, until another licence has been approved. Servers that have loaded one go on with it, until it is too old.`;
    askToRevoke(
      { statement: license.statement, what: `the licence of ${name}`, effect },
      () => void this.#customer.run(),
    );
  }

  #approveLicense(customer: Customer): void {
    openApproval([{ kind: 'license', customerId: customer.id }], `The licence of ${customer.name}`);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-customer': CustomerPage;
  }
}
