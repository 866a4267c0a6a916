import { html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { ageInWords, timeInWords } from './words.ts';

/** A time, as people say it; the exact one, in their own zone, when they point at it. */
@customElement('aw-time')
export class TimeElement extends LitElement {
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  @property() value = '';
  /** `age`: "3 hours ago", "in 12 days". `date`: "22 Nov 2026, 09:14". */
  @property() as: 'age' | 'date' = 'age';

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override render() {
    const exact = timeInWords(this.value);
    const text = this.as === 'age' ? ageInWords(this.value, Date.now()) : exact;
    return html`<time datetime=${this.value} title=${exact}>${text}</time>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-time': TimeElement;
  }
}
