import { Task } from '@lit/task';
import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { fetchApps, type App } from '../data/apps.ts';
import { fetchPartner, type Partner } from '../data/partners.ts';
import { fetchPeople, type PeopleAnswer } from '../data/people.ts';
import { revoke } from '../data/revocations.ts';
import { ask } from '../elements/confirm.ts';
import { askToInvite } from '../elements/invite.ts';
import { loaded } from '../elements/loaded.ts';
import { toast } from '../elements/toasts.ts';
import { countInWords } from '../elements/words.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '../elements/copy.ts';
import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/time.ts';

interface Whole {
  readonly partner: Partner;
  readonly apps: readonly App[];
  readonly people: PeopleAnswer;
}

/** One partner: its apps and its people. */
@customElement('aw-partner')
export class PartnerPage extends LitElement {
  @property({ attribute: false }) partnerId = '';
  #whole = new Task(
    this,
    ([id], { signal }) => this.#fetch(id, signal),
    () => [this.partnerId] as const,
  );

  static override styles = [base, layout, tables];

  override render() {
    const partner = this.#whole.value?.partner;
    return html`
      <aw-page heading=${partner?.name ?? 'Partner'} back-href="/partners" back-label="Partners">
        ${partner === undefined ? nothing : html`<p slot="lead">Partner since <aw-time value=${partner.created}></aw-time></p>`}
        ${partner === undefined ? nothing : this.#actions(partner)}
        ${loaded(this.#whole, (whole) => this.#show(whole))}
      </aw-page>
    `;
  }

  #actions(partner: Partner) {
    return html`
      ${
        partner.builds > 0
          ? html`<wa-button
              slot="actions"
              variant="danger"
              appearance="outlined"
              @click=${() => this.#revoke(partner)}
              >Revoke the partner</wa-button
            >`
          : nothing
      }
      <wa-button
        slot="actions"
        variant="brand"
        @click=${() => askToInvite({ partner }, () => void this.#whole.run())}
        ><wa-icon slot="start" name="user-plus"></wa-icon>Invite a person</wa-button
      >
    `;
  }

  #show({ partner, apps, people }: Whole) {
    return html`<div class="columns">
      <section class="panel" aria-labelledby="apps">
        <div class="head">
          <h2 id="apps">Apps</h2>
          <wa-button size="s" appearance="outlined" href=${`/apps/new?partner=${partner.id}`}
            >Register an app</wa-button
          >
        </div>
        ${apps.length === 0 ? html`<aw-empty icon="app-window" heading="No app yet">Its people register apps, or you do it for them.</aw-empty>` : this.#apps(apps)}
      </section>
      <div class="stack loose">
        <section class="panel" aria-labelledby="people">
          <div class="head"><h2 id="people">People</h2></div>
          <div class="body">${this.#people(people)}</div>
        </section>
        <section class="panel">
          <dl class="body facts">
            <dt>Id</dt>
            <dd><aw-copy value=${partner.id} what="the partner’s id"></aw-copy></dd>
            <dt>Builds</dt>
            <dd>
              <a href=${`/builds?q=${encodeURIComponent(partner.name)}`}>${countInWords(partner.builds)}</a>
            </dd>
          </dl>
        </section>
      </div>
    </div>`;
  }

  #apps(apps: readonly App[]) {
    return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">App</th>
            <th scope="col">Platform</th>
            <th scope="col" class="end">Waiting</th>
            <th scope="col" class="end">In the allowlist</th>
          </tr>
        </thead>
        <tbody>
          ${apps.map(
            (app) =>
              html`<tr>
                <td>
                  <a class="name" href=${`/apps/${app.id}`}>${app.name}</a>
                  <code class="quiet">${app.slug}</code>
                </td>
                <td>${app.platform}</td>
                <td class="end">${app.waiting}</td>
                <td class="end">${app.published}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  #people({ people, invitations }: PeopleAnswer) {
    if (people.length + invitations.length === 0) return html`<p class="quiet">Nobody is invited yet.</p>`;
    return html`<ul class="stack tight">
      ${people.map(
        (person) =>
          html`<li class="row between">
            <span>${person.name}</span>
            <span class="quiet small">${this.#seen(person)}</span>
          </li>`,
      )}
      ${invitations.map(
        (invitation) =>
          html`<li class="row between quiet">
            <span>${invitation.name}</span>
            <span class="small">invited, ends <aw-time value=${invitation.expires}></aw-time></span>
          </li>`,
      )}
    </ul>`;
  }

  #seen({ left, lastSeen }: PeopleAnswer['people'][number]) {
    if (left !== null) return html`left <aw-time value=${left}></aw-time>`;
    return lastSeen === null ? 'not seen yet' : html`seen <aw-time value=${lastSeen}></aw-time>`;
  }

  async #fetch(id: string, signal: AbortSignal): Promise<Whole> {
    const [partner, apps, { people, invitations }] = await Promise.all([
      fetchPartner(id, signal),
      fetchApps(signal),
      fetchPeople(signal),
    ]);
    return {
      partner,
      apps: apps.filter((app) => app.partner.id === id),
      people: {
        people: people.filter((person) => person.partner?.id === id),
        invitations: invitations.filter((invitation) => invitation.partner?.id === id),
      },
    };
  }

  #revoke(partner: Partner): void {
    ask({
      heading: `Revoke ${partner.name}?`,
      body: html`<p>
          Every build of every app of ${partner.name} that was approved until now is refused at every
          customer, as soon as it has loaded the next bundle.
        </p>
        <p>Its people can still sign in and submit; builds that are approved later count again.</p>`,
      action: 'Revoke the partner',
      danger: true,
      reason: { label: 'Why', hint: 'The audit trail keeps this sentence.', line: true },
      act: async (answers) => {
        await revoke({ kind: 'partner', partner: partner.id }, answers('reason'));
        toast(`${partner.name} is revoked.`);
        await this.#whole.run();
      },
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-partner': PartnerPage;
  }
}
