import { css, html, nothing, type TemplateResult } from 'lit';
import type { Vendor } from '../data/vendor.ts';

/** How the pages before the portal look: one card, and whose portal it is. */
export const wayInStyles = css`
  :host {
    display: grid;
    place-items: center;
    min-height: 100%;
    padding: var(--aw-5);
  }
  main {
    width: 100%;
    max-width: 26rem;
    display: grid;
    gap: var(--aw-5);
  }
  .card {
    display: grid;
    gap: var(--aw-4);
    padding: var(--aw-6);
    border: 1px solid var(--aw-line);
    border-radius: calc(var(--aw-radius) * 1.5);
    background: var(--aw-surface);
    box-shadow: var(--aw-shadow);
  }
  .brand {
    display: flex;
    gap: var(--aw-3);
    align-items: center;
  }
  .brand img {
    width: 2.25rem;
    height: 2.25rem;
  }
  .brand strong {
    display: block;
    font-weight: 600;
    letter-spacing: -0.01em;
  }
  .brand aw-state {
    margin-inline-start: auto;
  }
  h1 {
    font-size: 1.375rem;
  }
  h1:focus-visible {
    outline: none;
  }
  .foot {
    text-align: center;
  }
  wa-button {
    width: 100%;
  }
`;

/** Whose portal this is. */
export function brand(vendor: Vendor): TemplateResult {
  return html`
    <div class="brand">
      <img src="/favicon.svg" alt="" />
      <div><strong>${vendor.name}</strong><span class="quiet small">App registry</span></div>
      ${
        vendor.developmentKeys
          ? html`<aw-state tone="warn" icon="flask-conical">Development keys</aw-state>`
          : nothing
      }
    </div>
  `;
}
