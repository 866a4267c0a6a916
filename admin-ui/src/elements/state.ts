import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet';

/** A state in one word, told by icon and word as well as by colour. */
@customElement('aw-state')
export class StateElement extends LitElement {
  @property({ reflect: true }) tone: Tone = 'quiet';
  @property() icon = '';

  static override styles = css`
    :host {
      display: inline-flex;
      align-items: center;
      gap: 0.3125rem;
      padding: 0 0.5rem 0 0.375rem;
      height: 1.375rem;
      border-radius: 1rem;
      font-size: var(--aw-size-tiny);
      font-weight: 500;
      line-height: 1;
      white-space: nowrap;
      color: var(--aw-quiet);
      background: var(--aw-sunken);
      box-shadow: inset 0 0 0 1px color-mix(in oklab, currentColor 16%, transparent);
      vertical-align: middle;
    }
    :host([tone='good']) {
      color: var(--aw-good);
      background: var(--aw-good-wash);
    }
    :host([tone='warn']) {
      color: var(--aw-warn);
      background: var(--aw-warn-wash);
    }
    :host([tone='bad']) {
      color: var(--aw-bad);
      background: var(--aw-bad-wash);
    }
    :host([tone='info']) {
      color: var(--aw-info);
      background: var(--aw-info-wash);
    }
    wa-icon {
      font-size: 0.8125rem;
    }
  `;

  override render() {
    return html`${this.icon === '' ? nothing : html`<wa-icon name=${this.icon}></wa-icon>`}<span
        ><slot></slot
      ></span>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-state': StateElement;
  }
}
