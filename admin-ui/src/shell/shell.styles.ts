import { css } from 'lit';

/** How it looks. */
export const shellStyles = css`
  :host {
    display: grid;
    grid-template-columns: 14rem minmax(0, 1fr);
    height: 100%;
  }
  .side {
    display: flex;
    flex-direction: column;
    gap: var(--aw-4);
    padding: var(--aw-4) var(--aw-3);
    border-inline-end: 1px solid var(--aw-line);
    background: var(--aw-sunken);
    overflow-y: auto;
    min-height: 0;
  }
  main {
    min-width: 0;
    min-height: 0;
    overflow-y: auto;
    scrollbar-gutter: stable;
  }
  .vendor {
    display: flex;
    gap: var(--aw-2);
    align-items: center;
    padding: 0 var(--aw-2);
    min-height: 2rem;
  }
  .vendor img {
    width: 1.625rem;
    height: 1.625rem;
    flex: none;
  }
  .vendor strong {
    display: block;
    font-weight: 600;
    line-height: 1.25;
    letter-spacing: -0.01em;
    overflow-wrap: anywhere;
  }
  .vendor small {
    display: block;
    font-size: var(--aw-size-tiny);
    color: var(--aw-quiet);
    line-height: 1.3;
  }
  .development {
    margin: 0 var(--aw-2);
    padding: var(--aw-1) var(--aw-2);
    border-radius: var(--aw-radius-small);
    background: var(--aw-warn-wash);
    color: var(--aw-warn);
    font-size: var(--aw-size-tiny);
    font-weight: 500;
    line-height: 1.35;
    display: flex;
    gap: 0.375rem;
    align-items: center;
  }
  nav {
    display: grid;
    gap: var(--aw-4);
  }
  nav h2 {
    padding: 0 var(--aw-2) var(--aw-1);
    font-size: var(--aw-size-tiny);
    font-weight: 500;
    color: var(--aw-quiet);
    letter-spacing: 0;
  }
  nav ul {
    display: grid;
    gap: 1px;
  }
  nav a {
    display: flex;
    gap: 0.625rem;
    align-items: center;
    height: 2rem;
    padding: 0 var(--aw-2);
    border-radius: var(--aw-radius-small);
    color: var(--aw-text);
    text-decoration: none;
  }
  nav a wa-icon {
    color: var(--aw-quiet);
    font-size: 1rem;
  }
  nav a:hover {
    background: color-mix(in oklab, var(--aw-line) 55%, transparent);
  }
  nav a[aria-current] {
    background: var(--aw-surface);
    box-shadow:
      inset 0 0 0 1px var(--aw-line),
      var(--aw-shadow);
    font-weight: 500;
  }
  nav a[aria-current] wa-icon {
    color: var(--aw-accent);
  }
  .who {
    margin-top: auto;
    display: flex;
    gap: var(--aw-1);
    align-items: center;
    padding: var(--aw-3) var(--aw-2) 0;
    border-top: 1px solid var(--aw-line);
  }
  .who > div {
    flex: 1;
    min-width: 0;
    line-height: 1.3;
  }
  .who span {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .who button {
    flex: none;
    display: grid;
    place-items: center;
    width: 2rem;
    height: 2rem;
    padding: 0;
    border: 0;
    border-radius: var(--aw-radius-small);
    background: none;
    color: var(--aw-quiet);
    font-size: 1rem;
    cursor: pointer;
  }
  .who button:hover {
    background: color-mix(in oklab, var(--aw-line) 55%, transparent);
    color: var(--aw-text);
  }
  .skip {
    position: absolute;
    left: -99rem;
  }
  .skip:focus {
    left: var(--aw-3);
    top: var(--aw-3);
    z-index: 10;
    padding: var(--aw-2) var(--aw-3);
    border: 1px solid var(--aw-line-strong);
    border-radius: var(--aw-radius-small);
    background: var(--aw-surface);
    color: var(--aw-text);
    font: inherit;
  }
  .failed {
    max-width: 40rem;
    padding: var(--aw-6);
  }
  @media (width < 68rem) {
    :host {
      grid-template-columns: 12.25rem minmax(0, 1fr);
    }
  }
  @media (width < 48rem) {
    :host {
      grid-template-columns: minmax(0, 1fr);
      grid-template-rows: auto minmax(0, 1fr);
    }
    .side {
      border-inline-end: 0;
      border-bottom: 1px solid var(--aw-line);
      max-height: 40vh;
    }
    nav ul {
      display: flex;
      flex-wrap: wrap;
    }
  }
`;
