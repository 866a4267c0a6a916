import { html } from 'lit';
import { proposeGrant, proposeLicense, type Customer, type GrantEffect } from '../data/customers.ts';
import { ask } from './confirm.ts';
import { toast } from './toasts.ts';

import '@awesome.me/webawesome/dist/components/input/input.js';
import '@awesome.me/webawesome/dist/components/radio-group/radio-group.js';
import '@awesome.me/webawesome/dist/components/radio/radio.js';

const DAY = 86_400;

/** Asks for the terms of a licence, and proposes it. */
export function askForLicense(customer: Customer, done: () => void): void {
  const { license } = customer;
  ask({
    heading: `Propose a licence for ${customer.name}`,
    body: html`
      <p>
        It covers the deployments that are listed now, and the approved apps of every partner. Approvers sign
        it; until then nothing changes.
      </p>
      <wa-input
        type="number"
        label="Fresh, in days"
        name="fresh"
        min="1"
        required
        value=${(license?.fresh ?? 30 * DAY) / DAY}
        hint="How old an allowlist may be before its server warns."
      ></wa-input>
      <wa-input
        type="number"
        label="Grace, in days"
        name="grace"
        min="0"
        required
        value=${(license?.grace ?? 60 * DAY) / DAY}
        hint="How much longer it still admits. Then it refuses everything."
      ></wa-input>
      <wa-input type="number" label="Valid, in days" name="valid" min="1" required value="365"></wa-input>
    `,
    action: 'Propose the licence',
    act: async (answers) => {
      await proposeLicense(customer.id, {
        fresh: Number(answers('fresh')) * DAY,
        grace: Number(answers('grace')) * DAY,
        validForDays: Number(answers('valid')),
      });
      toast('The licence waits for approval.');
      done();
    },
  });
}

/** Asks what is to be opened, why and for how long, and proposes the grant. */
export function askForGrant(customer: Customer, done: () => void): void {
  ask({
    heading: `Propose a grant for ${customer.name}`,
    body: html`
      <wa-radio-group label="What it opens" name="effect" value="monitor" required>
        <wa-radio value="monitor"
          >Monitor mode <span class="quiet small">– admits unapproved apps, and reports them</span></wa-radio
        >
        <wa-radio value="breakGlass"
          >Break-glass <span class="quiet small">– admits every request, whoever sends it</span></wa-radio
        >
        <wa-radio value="grace"
          >Longer grace
          <span class="quiet small">– goes on with a stale allowlist for 90 days</span></wa-radio
        >
      </wa-radio-group>
      <wa-input type="number" label="For how many hours" name="hours" min="1" required value="24"></wa-input>
      <p class="quiet small">
        It applies to every deployment of ${customer.name}, once approvers have signed it.
      </p>
    `,
    action: 'Propose the grant',
    reason: { label: 'Why', hint: 'Approvers read it, and it is part of what they sign.', line: true },
    act: async (answers) => {
      await proposeGrant(
        customer.id,
        effectOf(answers('effect')),
        answers('reason'),
        Number(answers('hours')),
      );
      toast('The grant waits for approval.');
      done();
    },
  });
}

function effectOf(kind: string): GrantEffect {
  if (kind === 'breakGlass') return { kind };
  return kind === 'grace' ? { kind, grace: 90 * DAY } : { kind: 'monitor' };
}
