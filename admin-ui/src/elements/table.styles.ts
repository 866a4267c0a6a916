import { css } from 'lit';

/** How it looks. */
export const tableStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    height: 100%;
    container-type: inline-size;
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow: auto;
    overscroll-behavior: contain;
    /* A focused row stops below the heading. */
    scroll-padding-top: 2.5rem;
    outline: none;
  }
  table {
    width: 100%;
    border-collapse: separate;
    border-spacing: 0;
    table-layout: fixed;
    font-variant-numeric: tabular-nums;
  }
  th {
    position: sticky;
    top: 0;
    z-index: 1;
    height: 2.25rem;
    padding: 0 var(--aw-3);
    background: var(--aw-surface);
    border-bottom: 1px solid var(--aw-line);
    font-weight: 500;
    font-size: var(--aw-size-small);
    color: var(--aw-quiet);
    text-align: start;
    white-space: nowrap;
  }
  th button {
    all: unset;
    display: inline-flex;
    gap: var(--aw-1);
    align-items: center;
    cursor: pointer;
    border-radius: 3px;
  }
  th button:hover {
    color: var(--aw-text);
  }
  th button:focus-visible {
    outline: 2px solid var(--aw-focus);
    outline-offset: 2px;
  }
  th button wa-icon {
    font-size: 0.75rem;
    opacity: 0.55;
  }
  th[aria-sort] {
    color: var(--aw-text);
  }
  th[aria-sort] button wa-icon {
    opacity: 1;
  }
  td {
    height: 44px;
    padding: 0 var(--aw-3);
    border-bottom: 1px solid var(--aw-line);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  th:first-child,
  td:first-child {
    padding-inline-start: var(--aw-4);
  }
  tr.spacer td {
    padding: 0;
    border: 0;
    height: auto;
  }
  tbody tr:not(.spacer):hover td {
    background: color-mix(in oklab, var(--aw-sunken) 70%, transparent);
  }
  tbody tr.chosen td,
  tbody tr.chosen:not(.spacer):hover td {
    background: var(--aw-accent-wash);
  }
  tbody tr:focus-within td {
    background: color-mix(in oklab, var(--aw-accent-wash) 60%, transparent);
  }
  td a {
    color: var(--aw-text);
    text-decoration: none;
    font-weight: 500;
  }
  td a:hover {
    text-decoration: underline;
    text-decoration-color: currentColor;
  }
  td a:focus-visible {
    outline-offset: 1px;
  }
  .check {
    width: 2.75rem;
    padding-inline-end: 0;
    overflow: visible;
  }
  input {
    width: 1rem;
    height: 1rem;
    margin: 0;
    vertical-align: -0.15em;
    accent-color: var(--aw-accent-fill);
    cursor: pointer;
  }
  .bar {
    display: inline-block;
    width: 60%;
    height: 0.75rem;
    border-radius: 3px;
    background: var(--aw-line);
  }
  @container (width < 66rem) {
    .yields-first {
      display: none;
    }
  }
  @container (width < 50rem) {
    .yields-second {
      display: none;
    }
  }
`;
