import { Task } from '@lit/task';
import { css, html, LitElement, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import {
  applyRoster,
  changeApprover,
  fetchRoster,
  importRoster,
  rosterRequest,
  type RosterAnswer,
} from '../data/roster.ts';
import { ask } from '../elements/confirm.ts';
import { inGroups } from '../elements/fingerprint.ts';
import { loaded } from '../elements/loaded.ts';
import { OnReturn } from '../elements/on-return.ts';
import { toast } from '../elements/toasts.ts';
import { plural } from '../elements/words.ts';
import { rosterPlace, rosterRules } from '../elements/roster-facts.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '../elements/copy.ts';
import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/problem.ts';
import '../elements/state.ts';
import '../elements/time.ts';

/** Whose approvals count, and how many it takes: what the offline keys have signed. */
@customElement('aw-roster')
export class RosterPage extends LitElement {
  #roster = new Task(
    this,
    (_, { signal }) => fetchRoster(signal),
    () => [],
  );

  static override styles = [
    base,
    layout,
    tables,
    css`
      .pending {
        border-color: color-mix(in oklab, var(--aw-warn) 40%, transparent);
      }
      .pending .head {
        background: var(--aw-warn-wash);
        border-radius: var(--aw-radius) var(--aw-radius) 0 0;
      }
      .fingerprint code {
        display: block;
        width: 20ch;
      }
      td.name,
      td.end {
        white-space: nowrap;
      }
      input {
        display: none;
      }
    `,
  ];

  constructor() {
    super();
    new OnReturn(this, () => void this.#roster.run());
  }

  override render() {
    const roster = this.#roster.value;
    return html`
      <aw-page heading="Roster">
        <p slot="lead">
          Whose approvals count, and how many people it takes. Every customer’s server checks each approval
          against this list, which only the offline keys can change.
        </p>
        ${roster === undefined ? nothing : this.#actions(roster)}
        ${loaded(this.#roster, (roster) => this.#show(roster))}
      </aw-page>
    `;
  }

  #actions({ developmentKeys, pending, changes, request }: RosterAnswer) {
    if (developmentKeys || (pending.length + changes.length === 0 && request === null)) return nothing;
    return html`
      <wa-button slot="actions" appearance="outlined" href=${rosterRequest} download
        ><wa-icon slot="start" name="download"></wa-icon>Request file</wa-button
      >
      <wa-button slot="actions" variant="brand" @click=${this.#chooseFile}
        ><wa-icon slot="start" name="upload"></wa-icon>Import signed targets</wa-button
      >
      <input
        slot="actions"
        type="file"
        accept=".json,application/json"
        aria-label="Signed targets"
        @change=${this.#import}
      />
    `;
  }

  #show(roster: RosterAnswer) {
    return html`<div class="columns">
      <div class="stack loose">
        ${roster.pending.length + roster.changes.length === 0 ? nothing : this.#pending(roster)}
        ${this.#approvers(roster)}
      </div>
      <div class="stack loose">${rosterRules(roster)} ${rosterPlace(roster)}</div>
    </div>`;
  }

  #pending(roster: RosterAnswer) {
    return html`<section class="panel pending" aria-labelledby="pending">
      <div class="head">
        <h2 id="pending">What the roster does not say yet</h2>
        ${roster.developmentKeys ? html`<wa-button size="s" variant="brand" @click=${() => this.#apply(roster)}>Change the roster</wa-button>` : nothing}
      </div>
      <div class="body stack">
        ${roster.pending.map(
          ({ person, fingerprint, enrolled }) =>
            html`<dl class="facts">
              <dt>Person</dt>
              <dd>${person.name}, enrolled <aw-time value=${enrolled}></aw-time></dd>
              <dt>Fingerprint</dt>
              <dd class="fingerprint"><code>${inGroups(fingerprint)}</code></dd>
            </dl>`,
        )}
        ${roster.changes.map(
          ({ person, status, since }) =>
            html`<dl class="facts">
              <dt>Person</dt>
              <dd>${person.name}</dd>
              <dt>Is to be</dt>
              <dd>${status}, asked for <aw-time value=${since}></aw-time></dd>
            </dl>`,
        )}
        <p class="quiet small">
          ${
            roster.developmentKeys
              ? 'With development keys the portal signs the new roster itself. A production roster is signed by the offline keys, in a ceremony.'
              : 'Carry the request file to the offline keys. The ceremony shows each fingerprint: have it read aloud from the approving page, and compare. Then import what the keys have signed.'
          }
        </p>
      </div>
    </section>`;
  }

  #approvers({ approvers }: RosterAnswer) {
    return html`<section class="panel" aria-labelledby="approvers">
      <div class="head">
        <h2 id="approvers">Approvers</h2>
        <span class="quiet small">${plural(approvers.length, 'person', 'people')}</span>
      </div>
      ${
        approvers.length === 0
          ? html`<aw-empty icon="stamp" heading="Nobody can approve yet">
              Become the first approver: make an approval passkey, then change the roster.
              <wa-button slot="actions" variant="brand" href="/people">To people</wa-button>
            </aw-empty>`
          : html`<div class="scroll">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Person</th>
                    <th scope="col">State</th>
                    <th scope="col">Fingerprints of passkeys</th>
                    <th scope="col" class="end"><span class="visually-hidden">What can be done</span></th>
                  </tr>
                </thead>
                <tbody>
                  ${approvers.map((approver) => this.#approver(approver))}
                </tbody>
              </table>
            </div>`
      }
    </section>`;
  }

  #approver({ id, name, status, keys }: RosterAnswer['approvers'][number]) {
    const button = (to: 'retired' | 'compromised', label: string) =>
      html`<wa-button size="s" appearance="plain" @click=${() => this.#change({ id, name }, to)}
        >${label}<span class="visually-hidden"> ${name}</span></wa-button
      >`;
    return html`<tr>
      <td class="name">${name}</td>
      <td>${statusOf(status)}</td>
      <td>
        ${keys.map(({ fingerprint }) => html`<div class="fingerprint"><code>${inGroups(fingerprint)}</code></div>`)}
      </td>
      <td class="end">
        ${status.kind === 'active' ? button('retired', 'Retire') : nothing}
        ${status.kind === 'compromised' ? nothing : button('compromised', 'Compromised')}
      </td>
    </tr>`;
  }

  #change(person: { readonly id: string; readonly name: string }, to: 'retired' | 'compromised'): void {
    const { id, name } = person;
    const retires = to === 'retired';
    ask({
      heading: retires ? `Retire ${name}?` : `Is the passkey of ${name} in other hands?`,
      body: retires
        ? html`<p>
            ${name} approves nothing more. What ${name} approved until now counts where an active approver has
            signed it, too; the rest has to be approved again.
          </p>`
        : html`<p>
            Nothing that ${name} has ever approved counts any more. What then lacks approvals is refused at
            every customer until others have approved it again.
          </p>`,
      action: retires ? 'Ask to retire' : 'Ask to count nothing',
      danger: true,
      act: async () => {
        await changeApprover(id, to);
        toast('The change waits for the roster.');
        await this.#roster.run();
      },
    });
  }

  #apply({ pending, changes }: RosterAnswer): void {
    ask({
      heading: 'Change the roster?',
      body: html`${pending.map(
          ({ person }) =>
            html`<p>
              ${person.name} can approve from then on. Compare the fingerprint with the one that the approving
              page has shown to ${person.name}.
            </p>`,
        )}
        ${changes.map(({ person, status }) => html`<p>${person.name} is ${status} from then on.</p>`)}
        <p>The portal signs with development keys. Nothing protects them.</p>`,
      action: 'Change the roster',
      act: async () => {
        await applyRoster();
        toast('The roster has changed.');
        await this.#roster.run();
      },
    });
  }

  #chooseFile = (): void => {
    this.renderRoot.querySelector('input')?.click();
  };

  #import = async (event: Event): Promise<void> => {
    const input = event.currentTarget as HTMLInputElement;
    const file = input.files?.[0];
    input.value = '';
    if (file === undefined) return;
    const text = await file.text();
    ask({
      heading: 'Import the signed targets?',
      body: html`<p>
        The roster in <strong>${file.name}</strong> takes the place of the present one, at every customer that
        loads the next bundle. The portal checks the signatures first.
      </p>`,
      action: 'Import',
      act: async () => {
        await importRoster(readJson(text));
        toast('The roster has changed.');
        await this.#roster.run();
      },
    });
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('This file is not JSON, so it is no signed targets file.');
  }
}

function statusOf(status: RosterAnswer['approvers'][number]['status']) {
  switch (status.kind) {
    case 'active':
      return html`<aw-state tone="good" icon="stamp">Active</aw-state>`;
    case 'retired':
      return html`<aw-state icon="history">Retired <aw-time value=${status.at}></aw-time></aw-state>`;
    case 'compromised':
      return html`<aw-state tone="bad" icon="shield-alert">Compromised</aw-state>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-roster': RosterPage;
  }
}
