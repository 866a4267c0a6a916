import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../styles/shared.ts';

/**
 * The frame of a page: its heading, one sentence, and its actions.
 * Names the browser's tab, and takes the focus when it appears, so that a screen reader starts there.
 *
 * @slot - the page
 * @slot lead - a sentence or facts under the heading
 * @slot actions - buttons beside the heading
 */
@customElement('aw-page')
export class PageElement extends LitElement {
  @property() heading = '';
  /** Where "back" leads, and what it is called. */
  @property({ attribute: 'back-href' }) backHref = '';
  @property({ attribute: 'back-label' }) backLabel = '';
  /** Fills the window instead of growing: for pages that are one long table. */
  @property({ type: Boolean, reflect: true }) fill = false;

  static override styles = [
    base,
    css`
      :host {
        padding: var(--aw-5) var(--aw-6) var(--aw-7);
        max-width: 82rem;
        margin-inline: auto;
      }
      :host([fill]) {
        height: 100%;
        padding-bottom: var(--aw-5);
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        gap: var(--aw-3) var(--aw-5);
        align-items: flex-start;
        justify-content: space-between;
        margin-bottom: var(--aw-5);
      }
      h1 {
        font-size: var(--aw-size-heading);
        letter-spacing: -0.02em;
        line-height: 1.25;
        overflow-wrap: anywhere;
      }
      h1:focus-visible {
        outline: none;
      }
      .titles {
        display: grid;
        gap: 0.375rem;
        justify-items: start;
        flex: 1 1 24rem;
        min-width: 0;
      }
      ::slotted([slot='lead']) {
        color: var(--aw-quiet);
        max-width: 46rem;
        text-wrap: pretty;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: var(--aw-2);
      }
      .back {
        display: inline-flex;
        gap: var(--aw-1);
        align-items: center;
        color: var(--aw-quiet);
        text-decoration: none;
        font-size: var(--aw-size-small);
      }
      .back:hover {
        color: var(--aw-text);
      }
      .main {
        flex: 1;
        min-height: 0;
      }
      @media (width < 60rem) {
        :host {
          padding-inline: var(--aw-4);
        }
      }
    `,
  ];

  override render() {
    return html`
      <header>
        <div class="titles">
          ${
            this.backHref === ''
              ? nothing
              : html`<a class="back" href=${this.backHref}
                  ><wa-icon name="arrow-left"></wa-icon>${this.backLabel}</a
                >`
          }
          <h1 tabindex="-1">${this.heading}</h1>
          <slot name="lead"></slot>
        </div>
        <div class="actions"><slot name="actions"></slot></div>
      </header>
      <div class="main"><slot></slot></div>
    `;
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector('h1')?.focus({ preventScroll: true });
  }

  protected override updated(): void {
    if (this.heading !== '') document.title = `${this.heading} · AppWarrant`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-page': PageElement;
  }
}
