import { css, html, LitElement } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base } from '../styles/shared.ts';

/** A value to be compared or taken elsewhere, whole or shortened in the middle, with a button that copies all of it. */
@customElement('aw-copy')
export class CopyElement extends LitElement {
  @property() value = '';
  /** What is copied, for the button's name: "the digest". */
  @property() what = '';
  /** Shows this many characters of each end. 0 shows everything. */
  @property({ type: Number }) ends = 0;
  @state() private copied = false;

  static override styles = [
    base,
    css`
      :host {
        display: inline-flex;
        align-items: flex-start;
        vertical-align: top;
        gap: var(--aw-1);
        max-width: 100%;
      }
      code {
        overflow-wrap: anywhere;
        min-width: 0;
      }
      button {
        flex: none;
        margin-block: -0.125rem;
        display: inline-grid;
        place-items: center;
        width: 1.5rem;
        height: 1.5rem;
        border: 0;
        border-radius: var(--aw-radius-small);
        background: none;
        color: var(--aw-quiet);
        cursor: pointer;
      }
      button:hover {
        background: var(--aw-sunken);
        color: var(--aw-text);
      }
      .done {
        color: var(--aw-good);
      }
    `,
  ];

  override render() {
    const short = this.ends > 0 && this.value.length > 2 * this.ends + 1;
    const text = short ? `${this.value.slice(0, this.ends)}…${this.value.slice(-this.ends)}` : this.value;
    return html`
      <code title=${short ? this.value : ''}>${text}</code>
      <button type="button" class=${this.copied ? 'done' : ''} @click=${this.#copy}>
        <wa-icon name=${this.copied ? 'check' : 'copy'}></wa-icon>
        <span class="visually-hidden">Copy ${this.what}</span>
      </button>
      <span class="visually-hidden" role="status">${this.copied ? 'Copied' : ''}</span>
    `;
  }

  #copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(this.value);
    this.copied = true;
    setTimeout(() => (this.copied = false), 2000);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-copy': CopyElement;
  }
}
