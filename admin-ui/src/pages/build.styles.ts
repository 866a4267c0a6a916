import { css } from 'lit';

/** How it looks. */
export const buildStyles = css`
  .verdict {
    display: grid;
    gap: var(--aw-1);
    padding: var(--aw-3) var(--aw-4);
    border-radius: var(--aw-radius);
    background: var(--aw-bad-wash);
    border: 1px solid color-mix(in oklab, var(--aw-bad) 30%, transparent);
  }
  .command {
    display: block;
    margin-top: var(--aw-1);
    color: var(--aw-quiet);
    font-size: var(--aw-size-small);
  }
  .capabilities {
    display: flex;
    flex-wrap: wrap;
    gap: var(--aw-1);
  }
  .capabilities code {
    padding: 0 0.4375rem;
    border-radius: var(--aw-radius-small);
    border: 1px solid var(--aw-line);
    background: var(--aw-sunken);
    line-height: 1.6;
  }
  .findings li {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 0 var(--aw-3);
    padding: var(--aw-3) var(--aw-4);
  }
  .findings li + li {
    border-top: 1px solid var(--aw-line);
  }
  .findings wa-icon {
    margin-top: 0.2em;
    color: var(--aw-quiet);
  }
  .findings .warning wa-icon {
    color: var(--aw-warn);
  }
  .findings .error wa-icon {
    color: var(--aw-bad);
  }
  .people li {
    display: flex;
    gap: var(--aw-2);
    align-items: center;
  }
  .people wa-icon {
    color: var(--aw-good);
  }
  .people .open wa-icon {
    color: var(--aw-quiet);
  }
  .downloads {
    display: grid;
    gap: var(--aw-2);
    justify-items: start;
  }
`;
