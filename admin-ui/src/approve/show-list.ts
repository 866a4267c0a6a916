import { approvalChallenge } from './challenge.ts';
import { checkList } from './check-list.ts';
import type { Configuration } from './configuration.ts';
import { button, h } from './dom.ts';
import { approve } from './passkey.ts';
import { submit } from './portal.ts';
import { showNo } from './show-frame.ts';
import { showStatement } from './show-statement.ts';
import type { Statement } from './statement.ts';

const KINDS = {
  entry: { one: 'build', many: 'builds' },
  licence: { one: 'licence', many: 'licences' },
  grant: { one: 'grant', many: 'grants' },
};

/** Clocks differ: what the portal's clock issued up to this many seconds from now is waited for, and never signed early. */
const PATIENCE = 10;

/** `checkList`, once this machine's clock has come to when the list was issued. Throws WillNotSign. */
async function checkWhenIssued(
  values: readonly unknown[],
  configuration: Configuration,
): Promise<readonly Statement[]> {
  const now = (): number => Date.now() / 1000;
  const statements = await checkList(values, configuration, now() + PATIENCE);
  const issued = Math.max(...statements.map(({ says }) => says.issued));
  while (now() < issued) await new Promise((resolve) => setTimeout(resolve, 200));
  return checkList(values, configuration, now());
}

/** Every statement of a list, and the one button. Throws WillNotSign when any of them must not be signed. */
export async function showList(
  values: readonly unknown[],
  configuration: Configuration,
  token: string,
): Promise<HTMLElement> {
  const statements = await checkWhenIssued(values, configuration);
  const articles = await Promise.all(
    statements.map((statement, index) => showStatement(statement, index + 1, statements.length)),
  );
  const kind = KINDS[statements[0]?.says.kind ?? 'entry'];
  const heading =
    statements.length === 1 ? `Approve one ${kind.one}` : `Approve ${statements.length} ${kind.many}`;
  const outcome = h('div', { class: 'outcome' });
  const main = h(
    'main',
    {},
    h('h1', {}, heading),
    h('p', { class: 'lead' }, lead(statements)),
    h('div', { class: statements.length === 1 ? 'statements' : 'statements many' }, ...articles),
    h('div', { class: 'act' }, outcome, approveButton()),
  );
  return main;

  function approveButton(): HTMLElement {
    const label =
      statements.length === 1 ? 'Approve with passkey' : `Approve all ${statements.length} with passkey`;
    return button(label, 'primary', async () => {
      outcome.replaceChildren();
      try {
        // The list that was shown is checked once more, by the clock of the moment it is signed.
        const checked = await checkList(values, configuration, Date.now() / 1000);
        const challenge = await approvalChallenge(checked.map(({ bytes }) => bytes));
        const result = await submit(configuration, token, await approve(challenge, configuration.rpId));
        if (result.kind === 'approved') main.replaceChildren(...done(result));
      } catch (error) {
        outcome.replaceChildren(showNo(error));
      }
    });
  }
}

function lead(statements: readonly Statement[]): string {
  const what =
    statements.length === 1
      ? 'what your passkey will sign'
      : 'everything that one touch of your passkey will sign';
  return `Below is ${what}, read from the bytes themselves. Approve only what you have checked: an approval cannot be taken back, only revoked.`;
}

function done(result: {
  readonly approver: { readonly name: string };
  readonly statements: number;
  readonly complete: number;
}): HTMLElement[] {
  const { statements, complete } = result;
  const missing = statements - complete;
  const what = statements === 1 ? 'It' : `${complete === statements ? 'All of them' : `${complete} of them`}`;
  return [
    h(
      'div',
      { class: 'done', role: 'status' },
      h('h1', {}, statements === 1 ? 'Approved' : `${statements} approved`),
      h('p', {}, `Signed by ${result.approver.name}.`),
      complete > 0
        ? h(
            'p',
            {},
            `${what} ${complete === 1 ? 'has' : 'have'} all the approvals needed, and will be published.`,
          )
        : null,
      missing > 0
        ? h(
            'p',
            {},
            `${missing === statements ? 'Another person' : `For ${missing} of them another person`} must approve, too.`,
          )
        : null,
      h('p', { class: 'quiet' }, 'You can close this tab.'),
    ),
  ];
}
