import { html } from 'lit';
import { revoke } from '../data/revocations.ts';
import { ask } from './confirm.ts';
import { toast } from './toasts.ts';

/** A licence or a grant: its statement's digest, and how people call it. */
export interface RevocableStatement {
  readonly statement: string;
  readonly what: string;
  /** What then happens, to whom. */
  readonly effect: string;
}

/** Asks whether a licence or grant is to be void, and voids it. */
export function askToRevoke({ statement, what, effect }: RevocableStatement, done: () => void): void {
  ask({
    heading: `Revoke ${what}?`,
    body: html`<p>${effect}</p>`,
    action: 'Revoke',
    danger: true,
    reason: { label: 'Why', hint: 'The audit trail keeps this sentence.', line: true },
    act: async (answers) => {
      await revoke({ kind: 'statement', digest: statement }, answers('reason'));
      toast('It is revoked.');
      done();
    },
  });
}
