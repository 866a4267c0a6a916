import { css } from 'lit';

/** What every element starts from: a shadow root inherits the fonts, but no rules. */
export const base = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    display: block;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h1,
  h2,
  h3 {
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.011em;
    text-wrap: balance;
  }
  h2 {
    font-size: var(--aw-size-large);
  }
  h3 {
    font-size: var(--aw-size);
  }
  p {
    text-wrap: pretty;
  }
  a {
    color: var(--aw-accent);
    text-decoration: underline;
    text-decoration-color: color-mix(in oklab, currentColor 35%, transparent);
    text-underline-offset: 0.2em;
  }
  a:hover {
    text-decoration-color: currentColor;
  }
  :focus-visible {
    outline: 2px solid var(--aw-focus);
    outline-offset: 2px;
    border-radius: 3px;
  }
  code,
  .mono {
    font-family: var(--aw-mono);
    font-size: 0.9285em;
    font-feature-settings: normal;
  }
  wa-button > wa-icon[slot='start'] {
    margin-inline-end: 0.5em;
  }
  wa-button > wa-icon[slot='end'] {
    margin-inline-start: 0.5em;
  }
  .quiet {
    color: var(--aw-quiet);
  }
  .small {
    font-size: var(--aw-size-small);
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;

/** Panels, stacks, rows: how a page is laid out. */
export const layout = css`
  .stack {
    display: grid;
    gap: var(--aw-4);
    align-content: start;
    grid-template-columns: minmax(0, 1fr);
  }
  .stack.tight {
    gap: var(--aw-2);
  }
  .stack.loose {
    gap: var(--aw-5);
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: var(--aw-2);
    align-items: center;
  }
  .row.between {
    justify-content: space-between;
  }
  .columns {
    display: grid;
    gap: var(--aw-5);
    grid-template-columns: minmax(0, 1.9fr) minmax(17rem, 1fr);
    align-items: start;
  }
  .panel {
    background: var(--aw-surface);
    border: 1px solid var(--aw-line);
    border-radius: var(--aw-radius);
  }
  .panel > .head {
    display: flex;
    flex-wrap: wrap;
    gap: var(--aw-2) var(--aw-3);
    justify-content: space-between;
    align-items: center;
    padding: var(--aw-3) var(--aw-4);
    border-bottom: 1px solid var(--aw-line);
    min-height: 3.25rem;
  }
  .panel > .body {
    padding: var(--aw-4);
  }
  .facts {
    display: grid;
    grid-template-columns: minmax(7.5rem, max-content) minmax(0, 1fr);
    gap: var(--aw-2) var(--aw-5);
  }
  .facts.stacked {
    grid-template-columns: minmax(0, 1fr);
    gap: 0;
  }
  .facts.stacked > dd:not(:last-child) {
    margin-bottom: var(--aw-3);
  }
  .facts > dt {
    color: var(--aw-quiet);
  }
  .facts > dd {
    overflow-wrap: anywhere;
  }
  @media (width < 68rem) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
    }
  }
`;

/** Plain tables, for lists that are read whole. */
export const tables = css`
  .scroll {
    overflow-x: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }
  th {
    font-weight: 500;
    font-size: var(--aw-size-small);
    color: var(--aw-quiet);
    text-align: start;
    white-space: nowrap;
  }
  th,
  td {
    padding: 0.375rem var(--aw-4);
    border-bottom: 1px solid var(--aw-line);
    vertical-align: middle;
  }
  th {
    height: 2.375rem;
  }
  td {
    height: 2.875rem;
  }
  tbody tr:last-child > * {
    border-bottom: 0;
  }
  tbody tr:hover {
    background: color-mix(in oklab, var(--aw-sunken) 60%, transparent);
  }
  td.end,
  th.end {
    text-align: end;
  }
  td a.name {
    color: var(--aw-text);
    font-weight: 500;
    text-decoration-color: transparent;
  }
  td a.name:hover {
    text-decoration-color: currentColor;
  }
`;

/** Forms: one column, labels above, errors where they belong. */
export const forms = css`
  form {
    display: grid;
    gap: var(--aw-4);
    max-width: 36rem;
  }
  fieldset {
    border: 0;
    margin: 0;
    padding: 0;
    display: grid;
    gap: var(--aw-2);
  }
  legend {
    padding: 0;
    margin-bottom: var(--aw-2);
    font-weight: 500;
  }
  .pair {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: var(--aw-4);
  }
`;
