import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../styles/shared.ts';

/** The shape of what is coming, quiet for the first moment so that fast answers do not flicker. */
@customElement('aw-loading')
export class LoadingElement extends LitElement {
  @property() kind: 'page' | 'rows' = 'page';

  static override styles = [
    base,
    css`
      :host {
        display: grid;
        gap: var(--aw-3);
        padding: var(--aw-4);
        animation: appear 400ms 200ms both;
      }
      div {
        height: 0.875rem;
        border-radius: var(--aw-radius-small);
        background: linear-gradient(90deg, var(--aw-line), var(--aw-sunken), var(--aw-line)) 0 / 200% 100%;
        animation: drift 1.6s linear infinite;
      }
      div:nth-of-type(3n + 1) {
        width: 42%;
      }
      div:nth-of-type(3n + 2) {
        width: 78%;
      }
      div:nth-of-type(3n) {
        width: 61%;
      }
      @keyframes appear {
        from {
          opacity: 0;
        }
      }
      @keyframes drift {
        to {
          background-position: -200% 0;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        :host,
        div {
          animation: none;
        }
      }
    `,
  ];

  override render() {
    const bars = Array.from({ length: this.kind === 'rows' ? 8 : 5 }, () => html`<div></div>`);
    return html`<span class="visually-hidden" role="status">Loading</span>${bars}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-loading': LoadingElement;
  }
}
