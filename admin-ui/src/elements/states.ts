import { html, type TemplateResult } from 'lit';
import type { BuildState, Holder, KeyUse } from '../data/builds.ts';
import type { LicenseView } from '../data/customers.ts';
import type { ApproverState } from '../data/people.ts';
import type { Tone } from './state.ts';

import './state.ts';

interface Look {
  readonly tone: Tone;
  readonly icon: string;
  readonly word: string;
}

const BUILDS: Readonly<Record<BuildState, Look>> = {
  waiting: { tone: 'warn', icon: 'clock', word: 'Waiting' },
  approved: { tone: 'info', icon: 'badge-check', word: 'Approved' },
  published: { tone: 'good', icon: 'circle-check', word: 'In the allowlist' },
  rejected: { tone: 'bad', icon: 'circle-x', word: 'Rejected' },
  revoked: { tone: 'bad', icon: 'shield-alert', word: 'Revoked' },
};

/** What has become of a build, in a word or three. */
export function buildWord(state: BuildState): string {
  return BUILDS[state].word;
}

export function buildState(build: {
  readonly state: BuildState;
  readonly approvals: number;
  readonly approvalsNeeded: number;
}): TemplateResult {
  const { tone, icon, word } = BUILDS[build.state];
  const begun = build.state === 'waiting' && build.approvals > 0;
  return badge({
    tone,
    icon,
    word: begun ? `${build.approvals} of ${build.approvalsNeeded} approvals` : word,
  });
}

const STATEMENTS: Readonly<Record<LicenseView['state'], Look>> = {
  proposed: { tone: 'warn', icon: 'clock', word: 'Waiting for approval' },
  approved: { tone: 'info', icon: 'badge-check', word: 'Approved' },
  published: { tone: 'good', icon: 'circle-check', word: 'In force' },
  superseded: { tone: 'quiet', icon: 'history', word: 'Replaced' },
  revoked: { tone: 'bad', icon: 'shield-alert', word: 'Revoked' },
  withdrawn: { tone: 'quiet', icon: 'minus', word: 'Withdrawn' },
};

/** What has become of a licence or grant. */
export function statementState(statement: {
  readonly state: LicenseView['state'];
  readonly approvals: number;
  readonly approvalsNeeded: number;
}): TemplateResult {
  const look = STATEMENTS[statement.state];
  const begun = statement.state === 'proposed' && statement.approvals > 0;
  return badge(
    begun ? { ...look, word: `${statement.approvals} of ${statement.approvalsNeeded} approvals` } : look,
  );
}

const APPROVERS: Readonly<Record<ApproverState, Look>> = {
  none: { tone: 'quiet', icon: '', word: '–' },
  enrolling: { tone: 'warn', icon: 'clock', word: 'Link is out' },
  'waiting-for-roster': { tone: 'warn', icon: 'clock', word: 'Waits for the roster' },
  active: { tone: 'good', icon: 'stamp', word: 'Approver' },
  retired: { tone: 'quiet', icon: 'history', word: 'Retired' },
  compromised: { tone: 'bad', icon: 'shield-alert', word: 'Compromised' },
};

/** Whether a person approves. */
export function approverState(state: ApproverState): TemplateResult {
  return state === 'none' ? html`<span class="quiet">–</span>` : badge(APPROVERS[state]);
}

function badge({ tone, icon, word }: Look): TemplateResult {
  return html`<aw-state tone=${tone} icon=${icon}>${word}</aw-state>`;
}

const CAUSES = new Map([
  ['approval', 'Approval'],
  ['revocation', 'Revocation'],
  ['roster', 'Roster change'],
  ['timer', 'Signed anew, by the timer'],
  ['by hand', 'Published by hand'],
  ['start', 'First start'],
  ['package', 'Verifier package'],
]);

/** Why a version of the allowlist was made. */
export function causeInWords(cause: string): string {
  return CAUSES.get(cause) ?? cause;
}

const HOLDERS: Readonly<Record<Holder, string>> = {
  server: 'On the partner’s server. Whoever works there, or breaks in there, can sign as this app.',
  embedded: 'Inside the app. Anyone who has a copy of the app can take it out and sign as this app.',
  hardware: 'In the secure chip of one device, which it cannot leave.',
};

/** What a build’s key does and where it is, and so who can sign as the app. */
export function keyInWords(use: KeyUse, holder: Holder): string {
  if (use === 'request') return HOLDERS[holder];
  return 'On the partner’s server, to vouch for installed copies, each with a key of its own. Whoever works there, or breaks in there, can vouch for any program as a copy of this app.';
}
