import { html } from 'lit';
import { invite } from '../data/invitations.ts';
import { ask } from './confirm.ts';
import { showLink } from './link-dialog.ts';

import '@awesome.me/webawesome/dist/components/input/input.js';

/** Asks whom to invite: as an admin, or for a partner; then shows the one-time link. */
export function askToInvite(
  as: { readonly partner: { readonly id: string; readonly name: string } | null },
  done: () => void,
): void {
  const { partner } = as;
  ask({
    heading: partner === null ? 'Invite an admin' : `Invite a person of ${partner.name}`,
    body: html`
      <p>
        ${
          partner === null
            ? 'An admin sees and does everything here. To approve, an admin needs an approval passkey and a place in the roster, too.'
            : `They register apps and submit builds for ${partner.name}, and see nothing of other partners.`
        }
      </p>
      <wa-input label="Name" name="name" maxlength="120" required autofocus autocomplete="off"></wa-input>
    `,
    action: 'Make the link',
    act: async (answers) => {
      const name = answers('name');
      const { link, expires } = await invite(name, partner?.id ?? null);
      showLink(`The invitation of ${name}`, link, expires);
      done();
    },
  });
}
