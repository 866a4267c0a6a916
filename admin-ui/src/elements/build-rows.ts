import { html } from 'lit';
import type { BuildRow } from '../data/builds.ts';
import { buildState } from './states.ts';
import type { Column, RowLook } from './table.ts';
import { sizeInWords } from './words.ts';

import './time.ts';

/** The columns of a table of builds, beside app and version. */
export function buildColumns(withPartner: boolean): readonly Column<BuildRow>[] {
  return [
    ...(withPartner ? [PARTNER] : []),
    {
      key: 'platform',
      label: 'Platform',
      width: '6.5rem',
      yields: 'first',
      cell: ({ platform }) => platform,
    },
    {
      key: 'digest',
      label: 'Digest',
      width: '8rem',
      yields: 'second',
      cell: ({ digest }) => html`<code class="quiet" title=${digest}>${digest.slice(0, 12)}</code>`,
    },
    {
      key: 'length',
      label: 'Size',
      width: '6rem',
      yields: 'first',
      cell: ({ length }) => sizeInWords(length),
    },
    {
      key: 'submitted',
      label: 'Submitted',
      width: '8.5rem',
      sortable: true,
      cell: ({ submitted }) => html`<aw-time value=${submitted}></aw-time>`,
    },
    { key: 'state', label: 'State', width: '10.5rem', sortable: true, cell: (row) => buildState(row) },
  ];
}

const PARTNER: Column<BuildRow> = {
  key: 'partner',
  label: 'Partner',
  width: '11rem',
  sortable: true,
  cell: ({ partner }) => partner.name,
};

/** How a row of builds is named, opened and chosen. */
export const buildLook: RowLook<BuildRow> = {
  id: ({ id }) => id,
  name: ({ app, version }) => `${app.name} ${version}`,
  href: ({ id }) => `/builds/${id}`,
  link: ({ app, version }) => html`${app.name} <span class="quiet number">${version}</span>`,
  choosable: ({ state }) => state === 'waiting',
};
