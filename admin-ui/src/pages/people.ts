import { consume } from '@lit/context';
import { Task } from '@lit/task';
import { html, LitElement, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { endAccess, enrolApprover, fetchPeople, type PeopleAnswer, type PersonRow } from '../data/people.ts';
import { openApprovingPage } from '../elements/approving.ts';
import { ask } from '../elements/confirm.ts';
import { askToInvite } from '../elements/invite.ts';
import { showLink } from '../elements/link-dialog.ts';
import { loaded } from '../elements/loaded.ts';
import { OnReturn } from '../elements/on-return.ts';
import { approverState } from '../elements/states.ts';
import { toast } from '../elements/toasts.ts';
import { hereContext, type Here } from '../shell/here.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '../elements/page.ts';
import '../elements/time.ts';

/** Who has access, who is invited, and who approves. */
@customElement('aw-people')
export class PeoplePage extends LitElement {
  @consume({ context: hereContext }) private here!: Here;
  #people = new Task(
    this,
    (_, { signal }) => fetchPeople(signal),
    () => [],
  );

  static override styles = [base, layout, tables];

  constructor() {
    super();
    new OnReturn(this, () => void this.#people.run());
  }

  override render() {
    return html`
      <aw-page heading="People">
        <p slot="lead">
          Everybody signs in with a passkey. Approving takes another passkey, on the approving page, and a
          place in the
          <a href="/roster">roster</a>.
        </p>
        <wa-button
          slot="actions"
          variant="brand"
          @click=${() => askToInvite({ partner: null }, () => void this.#people.run())}
          ><wa-icon slot="start" name="user-plus"></wa-icon>Invite an admin</wa-button
        >
        ${loaded(this.#people, (answer) => this.#show(answer), 'rows')}
      </aw-page>
    `;
  }

  #show({ people, invitations }: PeopleAnswer) {
    return html`<div class="stack loose">
      <section class="panel scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Approving</th>
              <th scope="col">Seen</th>
              <th scope="col" class="end"><span class="visually-hidden">What can be done</span></th>
            </tr>
          </thead>
          <tbody>
            ${people.map((person) => this.#person(person))}
          </tbody>
        </table>
      </section>
      ${
        invitations.length === 0
          ? nothing
          : html`<section class="panel scroll" aria-labelledby="invited">
              <div class="head"><h2 id="invited">Invited</h2></div>
              <table>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">As</th>
                    <th scope="col">Invited</th>
                    <th scope="col">Ends</th>
                  </tr>
                </thead>
                <tbody>
                  ${invitations.map(
                    ({ name, partner, created, expires }) =>
                      html`<tr>
                        <td>${name}</td>
                        <td>${partner?.name ?? 'Admin'}</td>
                        <td class="quiet"><aw-time value=${created}></aw-time></td>
                        <td class="quiet"><aw-time value=${expires}></aw-time></td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </section>`
      }
    </div>`;
  }

  #person(person: PersonRow) {
    const myself = person.id === this.here.person.id;
    return html`<tr>
      <td>${person.name}${myself ? html` <span class="quiet">(you)</span>` : nothing}</td>
      <td>
        ${person.partner === null ? 'Admin' : html`<a href=${`/partners/${person.partner.id}`}>${person.partner.name}</a>`}
      </td>
      <td>
        ${person.role === 'admin' ? approverState(person.approver) : html`<span class="quiet">–</span>`}
      </td>
      <td class="quiet">
        ${person.lastSeen === null ? 'never' : html`<aw-time value=${person.lastSeen}></aw-time>`}
      </td>
      <td class="end">
        ${person.left === null ? this.#actions(person, myself) : html`<span class="quiet">left <aw-time value=${person.left}></aw-time></span>`}
      </td>
    </tr>`;
  }

  #actions(person: PersonRow, myself: boolean) {
    const canEnrol =
      person.role === 'admin' && (person.approver === 'none' || person.approver === 'enrolling');
    return html`
      ${
        canEnrol
          ? html`<wa-button size="s" appearance="outlined" @click=${() => this.#enrol(person, myself)}
              >${myself ? 'Become an approver' : 'Make an approver'}</wa-button
            >`
          : nothing
      }
      ${
        myself
          ? nothing
          : html`<wa-button size="s" appearance="plain" @click=${() => this.#end(person)}
              >End access<span class="visually-hidden"> of ${person.name}</span></wa-button
            >`
      }
    `;
  }

  #enrol(person: PersonRow, myself: boolean): void {
    if (myself) {
      openApprovingPage('Making your approval passkey', async () => (await enrolApprover(person.id)).link);
      return;
    }
    ask({
      heading: `Make ${person.name} an approver?`,
      body: html`<p>
          ${person.name} gets a one-time link to the approving page, and makes an approval passkey there. It
          counts once the roster lists it.
        </p>
        <p>Approvers decide which apps every customer’s server admits.</p>`,
      action: 'Make the link',
      act: async () => {
        const { link, expires } = await enrolApprover(person.id);
        showLink(`${person.name}’s approval passkey`, link, expires);
        await this.#people.run();
      },
    });
  }

  #end(person: PersonRow): void {
    ask({
      heading: `End the access of ${person.name}?`,
      body: html`<p>${person.name} is signed out everywhere and cannot sign in again.</p>
        ${person.approver === 'none' ? nothing : html`<p>What ${person.name} has approved stays approved. To retire an approver, change the roster.</p>`}`,
      action: 'End access',
      danger: true,
      act: async () => {
        await endAccess(person.id);
        toast(`${person.name} no longer has access.`);
        await this.#people.run();
      },
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-people': PeoplePage;
  }
}
