import type { ApprovingAnswer } from '@appwarrant/server/api-types';
import type { Configuration } from './configuration.ts';
import { button, h } from './dom.ts';
import { inGroups } from '../elements/fingerprint.ts';
import { enrol } from './passkey.ts';
import { submit } from './portal.ts';
import { readText } from './read.ts';
import { showNo } from './show-frame.ts';
import { WillNotSign } from './will-not-sign.ts';

type Enrolment = Extract<ApprovingAnswer, { kind: 'enrolment' }>;

/** A person makes an approval passkey. Throws WillNotSign for another registry or host than this page's own. */
export function showEnrolment(task: Enrolment, configuration: Configuration, token: string): HTMLElement {
  if (task.registry !== configuration.registry) {
    throw new WillNotSign(
      'other_registry',
      'This link is for another registry than the one this page serves.',
    );
  }
  if (task.environment !== configuration.environment || task.rpId !== configuration.rpId) {
    throw new WillNotSign(
      'other_environment',
      'This link is for another environment than the one this page serves.',
    );
  }
  const person = {
    id: readText(task.person.id, 'person.id'),
    name: readText(task.person.name, 'person.name'),
  };
  const outcome = h('div', { class: 'outcome' });
  const main = h(
    'main',
    {},
    h('h1', {}, `An approval passkey for ${person.name}`),
    h(
      'p',
      { class: 'lead' },
      `With this passkey ${person.name} will approve builds, licences and grants for ${configuration.vendor}. It is another one than the passkey for signing in: that one can approve nothing.`,
    ),
    h(
      'ul',
      { class: 'points' },
      h('li', {}, 'Make it on a device, or a security key, that only you use.'),
      h(
        'li',
        {},
        'Afterwards this page shows its fingerprint. Keep it at hand: it is read aloud when the roster changes.',
      ),
      h('li', {}, 'It counts once the roster lists it.'),
    ),
    h('div', { class: 'act' }, outcome, enrolButton()),
  );
  return main;

  function enrolButton(): HTMLElement {
    return button('Make the approval passkey', 'primary', async () => {
      outcome.replaceChildren();
      try {
        const made = await enrol(
          person,
          { id: configuration.rpId, name: `${configuration.vendor} approvals` },
          token,
        );
        const result = await submit(configuration, token, made.submission);
        if (result.kind !== 'enrolled') return;
        if (result.fingerprint !== made.fingerprint) {
          throw new WillNotSign(
            'portal_said_no',
            'The portal read another key than this page made. Do not go on; tell whoever runs the portal.',
          );
        }
        main.replaceChildren(...done(person.name, made.fingerprint, result.active));
      } catch (error) {
        outcome.replaceChildren(showNo(error));
      }
    });
  }
}

function done(name: string, fingerprint: string, active: boolean): HTMLElement[] {
  return [
    h(
      'div',
      { class: 'done', role: 'status' },
      h('h1', {}, 'The passkey is made'),
      h('p', {}, `Its fingerprint, computed on this machine:`),
      h('p', { class: 'fingerprint' }, h('code', {}, inGroups(fingerprint))),
      h(
        'p',
        {},
        active
          ? `The roster lists it: ${name} can approve now.`
          : `The roster does not list it yet. When the offline keys sign the new roster, read this fingerprint aloud and compare every group.`,
      ),
      h('p', { class: 'quiet' }, 'You can close this tab.'),
    ),
  ];
}
