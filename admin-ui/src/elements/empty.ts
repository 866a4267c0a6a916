import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../styles/shared.ts';

/**
 * Nothing here yet: says why, and what to do about it.
 *
 * @slot - a sentence or two
 * @slot actions - what can be done
 */
@customElement('aw-empty')
export class EmptyElement extends LitElement {
  @property() icon = 'inbox';
  @property() heading = '';

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        justify-items: center;
        gap: var(--aw-2);
        padding: var(--aw-7) var(--aw-5);
        text-align: center;
      }
      .icon {
        display: grid;
        place-items: center;
        width: 2.75rem;
        height: 2.75rem;
        border-radius: 50%;
        background: var(--aw-sunken);
        border: 1px solid var(--aw-line);
        color: var(--aw-quiet);
        font-size: 1.125rem;
        margin-bottom: var(--aw-1);
      }
      .text {
        color: var(--aw-quiet);
        max-width: 34rem;
        text-wrap: balance;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        justify-content: center;
        gap: var(--aw-2);
        margin-top: var(--aw-2);
      }
    `,
  ];

  override render() {
    return html`
      <div class="icon"><wa-icon name=${this.icon}></wa-icon></div>
      <h2>${this.heading}</h2>
      <div class="text"><slot></slot></div>
      <div class="actions"><slot name="actions"></slot></div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-empty': EmptyElement;
  }
}
