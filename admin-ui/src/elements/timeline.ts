import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Build } from '../data/builds.ts';
import { base } from '../styles/shared.ts';

import './time.ts';

type Line = Build['history'][number];

const EVENTS: Readonly<Record<Line['event'], string>> = {
  submitted: 'Submitted',
  proposed: 'Put up for approval',
  approval: 'Approval given',
  approved: 'Approved',
  published: 'In the allowlist',
  rejected: 'Rejected',
  revoked: 'Revoked',
  superseded: 'Replaced',
};

/** What happened, newest first. */
@customElement('aw-timeline')
export class TimelineElement extends LitElement {
  @property({ attribute: false }) lines: readonly Line[] = [];

  static override styles = [
    base,
    css`
      li {
        position: relative;
        display: grid;
        gap: 0;
        padding: 0 0 var(--aw-4) var(--aw-5);
      }
      li:last-child {
        padding-bottom: 0;
      }
      li::before {
        content: '';
        position: absolute;
        left: 0.1875rem;
        top: 0.4rem;
        width: 0.5rem;
        height: 0.5rem;
        border-radius: 50%;
        background: var(--aw-line-strong);
      }
      li:not(:last-child)::after {
        content: '';
        position: absolute;
        left: 0.40625rem;
        top: 1.125rem;
        bottom: -0.125rem;
        width: 1px;
        background: var(--aw-line);
      }
      li.good::before {
        background: var(--aw-good);
      }
      li.bad::before {
        background: var(--aw-bad);
      }
      strong {
        font-weight: 500;
      }
    `,
  ];

  override render() {
    return html`<ol>
      ${this.lines.toReversed().map(
        ({ at, who, event, detail }) =>
          html`<li class=${toneOf(event)}>
            <strong>${EVENTS[event]}</strong>
            <span class="quiet small"
              >${who === null ? 'The portal' : who.name}, <aw-time value=${at}></aw-time
            ></span>
            ${detail === '' ? nothing : html`<span class="small">${detail}</span>`}
          </li>`,
      )}
    </ol>`;
  }
}

function toneOf(event: Line['event']): string {
  if (event === 'published' || event === 'approved') return 'good';
  return event === 'rejected' || event === 'revoked' ? 'bad' : '';
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-timeline': TimelineElement;
  }
}
