import { css, html, LitElement } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { base } from '../styles/shared.ts';

interface Toast {
  readonly id: number;
  readonly text: string;
}

/** Says in a corner that something is done. What failed is said where it failed, and stays. */
export function toast(text: string): void {
  document.dispatchEvent(new CustomEvent('appwarrant-toast', { detail: text }));
}

/** Where toasts appear: once, in the shell. */
@customElement('aw-toasts')
export class ToastsElement extends LitElement {
  @state() private toasts: readonly Toast[] = [];
  #last = 0;

  static override styles = [
    base,
    css`
      :host {
        position: fixed;
        inset: auto var(--aw-5) var(--aw-5) auto;
        z-index: 20;
        display: grid;
        gap: var(--aw-2);
        justify-items: end;
        pointer-events: none;
      }
      .toast {
        display: flex;
        gap: var(--aw-2);
        align-items: center;
        max-width: 26rem;
        padding: var(--aw-3) var(--aw-4);
        border-radius: var(--aw-radius);
        background: var(--aw-text);
        color: var(--aw-paper);
        box-shadow: var(--aw-shadow);
        animation: rise 180ms ease-out;
        pointer-events: auto;
      }
      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(0.5rem);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .toast {
          animation: none;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('appwarrant-toast', this.#add);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('appwarrant-toast', this.#add);
  }

  override render() {
    return html`<div role="status" aria-live="polite" class="stack">
      ${repeat(
        this.toasts,
        (item) => item.id,
        (item) => html`<div class="toast"><wa-icon name="circle-check"></wa-icon>${item.text}</div>`,
      )}
    </div>`;
  }

  #add = (event: Event): void => {
    const item = { id: ++this.#last, text: String((event as CustomEvent<unknown>).detail) };
    this.toasts = [...this.toasts.slice(-2), item];
    setTimeout(() => (this.toasts = this.toasts.filter((other) => other !== item)), 6000);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-toasts': ToastsElement;
  }
}
