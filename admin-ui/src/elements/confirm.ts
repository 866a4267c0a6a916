import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { base, layout } from '../styles/shared.ts';

import '@awesome.me/webawesome/dist/components/button/button.js';
import '@awesome.me/webawesome/dist/components/dialog/dialog.js';
import '@awesome.me/webawesome/dist/components/input/input.js';
import '@awesome.me/webawesome/dist/components/textarea/textarea.js';
import './problem.ts';

/** What was filled in, by the field's name; trimmed, and empty where nothing was. */
type Answers = (name: string) => string;

/** A question that is asked once, and says what will happen to whom. Its body may hold fields. */
export interface Question {
  readonly heading: string;
  readonly body: TemplateResult;
  /** The verb on the button: "Reject the build". */
  readonly action: string;
  readonly danger?: boolean;
  /** Asks for a sentence: the answer called `reason`. A `line` is signed or listed, and kept short. */
  readonly reason?: { readonly label: string; readonly hint: string; readonly line?: true };
  /** Does it. A problem is shown in the dialog, which stays open. */
  readonly act: (answers: Answers) => Promise<void>;
}

/** Asks in a dialog of its own, over everything. */
export function ask(question: Question): void {
  const dialog = document.createElement('aw-confirm');
  dialog.question = question;
  document.body.append(dialog);
}

@customElement('aw-confirm')
export class ConfirmElement extends LitElement {
  @property({ attribute: false }) question!: Question;
  @state() private open = false;
  @state() private busy = false;
  @state() private error: unknown = null;
  @query('form') private form!: HTMLFormElement;

  static override styles = [
    base,
    layout,
    css`
      wa-dialog {
        --width: 32rem;
      }
    `,
  ];

  protected override firstUpdated(): void {
    this.open = true;
  }

  override render() {
    const { heading, body, action, danger, reason } = this.question;
    return html`
      <wa-dialog label=${heading} ?open=${this.open} @wa-hide=${this.#hiding} @wa-after-hide=${this.#gone}>
        <form id="form" class="stack" @submit=${this.#submit}>
          <div class="stack tight">${body}</div>
          ${reason === undefined ? nothing : askForReason(reason)}
          <aw-problem .error=${this.error}></aw-problem>
        </form>
        <wa-button slot="footer" appearance="outlined" ?disabled=${this.busy} @click=${this.#close}
          >Cancel</wa-button
        >
        <wa-button
          slot="footer"
          variant=${danger ? 'danger' : 'brand'}
          ?loading=${this.busy}
          ?autofocus=${reason === undefined && !danger}
          @click=${() => this.form.requestSubmit()}
          >${action}</wa-button
        >
      </wa-dialog>
    `;
  }

  #submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    this.busy = true;
    this.error = null;
    try {
      const data = new FormData(this.form);
      await this.question.act((name) => textOf(data.get(name)));
      this.busy = false;
      this.open = false;
    } catch (error) {
      this.busy = false;
      this.error = error;
    }
  };

  #close = (): void => {
    this.open = false;
  };

  /** Once something has been asked of the portal, its answer is waited for. */
  #hiding = (event: Event): void => {
    if (event.target !== event.currentTarget) return;
    if (this.busy) event.preventDefault();
    else this.open = false;
  };

  #gone = (event: Event): void => {
    if (event.target === event.currentTarget) this.remove();
  };
}

function askForReason({ label, hint, line }: NonNullable<Question['reason']>): TemplateResult {
  return line
    ? html`<wa-input
        label=${label}
        hint=${hint}
        name="reason"
        maxlength="120"
        required
        autofocus
        autocomplete="off"
      ></wa-input>`
    : html`<wa-textarea
        label=${label}
        hint=${hint}
        name="reason"
        rows="3"
        maxlength="2000"
        required
        autofocus
      ></wa-textarea>`;
}

/** The text of a form's field; a file has none. */
export function textOf(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value.trim() : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-confirm': ConfirmElement;
  }
}
