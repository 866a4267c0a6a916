import { html } from 'lit';
import { setDeployments, type Customer, type Deployment } from '../data/customers.ts';
import { ask } from './confirm.ts';
import { toast } from './toasts.ts';
import { plural } from './words.ts';

import '@awesome.me/webawesome/dist/components/input/input.js';

/** Asks for a deployment that the customer has activated, and lists it. */
export function askForDeployment(customer: Customer, done: () => void): void {
  ask({
    heading: `Add a deployment of ${customer.name}`,
    body: html`
      <wa-input
        label="Deployment id"
        name="id"
        required
        autofocus
        autocomplete="off"
        spellcheck="false"
        minlength="43"
        maxlength="43"
        hint="What the verifier’s activate printed: 43 characters."
      ></wa-input>
      <wa-input
        label="Origins"
        name="origins"
        required
        autocomplete="off"
        spellcheck="false"
        placeholder="https://erp.example.com"
        hint="Where apps reach its API; more than one separated by spaces."
      ></wa-input>
      <p class="quiet small">
        The licence names deployments: propose another one afterwards, and have it approved.
      </p>
    `,
    action: 'Add the deployment',
    act: async (answers) => {
      const added = {
        id: answers('id'),
        origins: answers('origins')
          .split(/[\s,]+/)
          .filter((origin) => origin !== ''),
      };
      await setDeployments(customer.id, [...customer.deployments, added]);
      toast('The deployment is listed.');
      done();
    },
  });
}

/** Asks whether a deployment is to be listed no longer. */
export function askToDropDeployment(customer: Customer, deployment: Deployment, done: () => void): void {
  ask({
    heading: 'Remove this deployment?',
    body: html`<p>
        The next licence of ${customer.name} no longer names it, so that its verifier loads no further bundle.
        ${plural(customer.deployments.length - 1, 'deployment')} would be left.
      </p>
      <p><code>${deployment.id}</code></p>`,
    action: 'Remove the deployment',
    danger: true,
    act: async () => {
      await setDeployments(
        customer.id,
        customer.deployments.filter(({ id }) => id !== deployment.id),
      );
      toast('The deployment is removed.');
      done();
    },
  });
}
