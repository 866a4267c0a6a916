import { css } from 'lit';

/** How it looks. */
export const overviewStyles = css`
  .numbers {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr));
    gap: 1px;
    overflow: hidden;
    background: var(--aw-line);
  }
  .numbers a {
    display: grid;
    gap: 2px;
    padding: var(--aw-3) var(--aw-4);
    background: var(--aw-surface);
    color: inherit;
    text-decoration: none;
  }
  .numbers a:hover {
    background: var(--aw-sunken);
  }
  .numbers strong {
    font-size: 1.5rem;
    font-weight: 600;
    letter-spacing: -0.025em;
    line-height: 1.2;
    font-variant-numeric: tabular-nums;
  }
  .list li + li {
    border-top: 1px solid var(--aw-line);
  }
  .item {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    gap: 0 var(--aw-3);
    align-items: center;
    padding: 0.625rem var(--aw-4);
    color: inherit;
    text-decoration: none;
  }
  a.item:hover {
    background: color-mix(in oklab, var(--aw-sunken) 70%, transparent);
  }
  .item > wa-icon {
    color: var(--aw-quiet);
    font-size: 1rem;
  }
  .item strong {
    font-weight: 500;
  }
  .item .detail {
    display: block;
    color: var(--aw-quiet);
    font-size: var(--aw-size-small);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .item .when {
    color: var(--aw-quiet);
    font-size: var(--aw-size-small);
    white-space: nowrap;
  }
  .steps .item.done strong {
    font-weight: 400;
    color: var(--aw-quiet);
  }
  .steps .item.done > wa-icon {
    color: var(--aw-good);
  }
  .steps .next {
    background: var(--aw-accent-wash);
  }
  .steps .next > wa-icon {
    color: var(--aw-accent);
  }
  .more {
    padding: var(--aw-3) var(--aw-4);
    border-top: 1px solid var(--aw-line);
    font-size: var(--aw-size-small);
  }
  .ends {
    display: grid;
    gap: var(--aw-3);
  }
  .ends li {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: var(--aw-3);
    align-items: baseline;
  }
  .version {
    font-size: 1.5rem;
    font-weight: 600;
    letter-spacing: -0.025em;
  }
`;
