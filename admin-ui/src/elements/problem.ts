import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { PortalProblem } from '../data/problem.ts';
import { base } from '../styles/shared.ts';

/**
 * What went wrong, in the portal's own words, with the code and the page that explains it.
 *
 * @fires retry - the person wants to try again (only with `retry`)
 */
@customElement('aw-problem')
export class ProblemElement extends LitElement {
  @property({ attribute: false }) error: unknown = null;
  @property({ type: Boolean }) retry = false;

  static override styles = [
    base,
    css`
      .box {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: var(--aw-1) var(--aw-3);
        padding: var(--aw-3) var(--aw-4);
        border: 1px solid color-mix(in oklab, var(--aw-bad) 30%, transparent);
        border-radius: var(--aw-radius);
        background: var(--aw-bad-wash);
      }
      wa-icon {
        color: var(--aw-bad);
        margin-top: 0.2em;
      }
      .box > div {
        grid-column: 2;
      }
      strong {
        font-weight: 600;
      }
      ul {
        list-style: disc;
        padding-left: 1.2em;
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        gap: var(--aw-2) var(--aw-4);
        align-items: center;
        margin-top: var(--aw-1);
        font-size: var(--aw-size-small);
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues<this>): void {
    // Nothing wrong takes no room, not even a gap.
    if (changed.has('error')) this.hidden = this.error === null || this.error === undefined;
  }

  override render() {
    const error = this.error;
    if (error === null || error === undefined) return nothing;
    const known = error instanceof PortalProblem ? error : null;
    return html`
      <div class="box" role="alert">
        <wa-icon name="circle-alert"></wa-icon>
        <strong>${known?.title ?? 'That did not work'}</strong>
        <div>${known?.detail ?? (error instanceof Error ? error.message : 'Reload it to try again.')}</div>
        ${
          known === null || known.errors.length === 0
            ? nothing
            : html`<div>
                <ul>
                  ${known.errors.map((item) => html`<li><code>${item.at}</code>: ${item.message}</li>`)}
                </ul>
              </div>`
        }
        <div class="foot">
          ${
            known === null
              ? nothing
              : html`<a href="/codes/${known.reason ?? known.code}"
                  ><code>${known.reason ?? known.code}</code></a
                >`
          }
          ${
            this.retry
              ? html`<wa-button size="s" appearance="outlined" @click=${this.#again}>Try again</wa-button>`
              : nothing
          }
        </div>
      </div>
    `;
  }

  #again = (): void => {
    this.dispatchEvent(new Event('retry'));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-problem': ProblemElement;
  }
}
