import type { Holder, Platform } from '../database/tables.ts';

export interface SampleApp {
  readonly slug: string;
  readonly name: string;
  readonly packageName: string;
  readonly platform: Platform;
  readonly holder: Holder;
  /** What its builds may ask for at most; sorted. */
  readonly capabilities: readonly string[];
  /** What they ask for; sorted. */
  readonly wants: readonly string[];
  readonly versions: readonly string[];
  /** The version whose file says another one. */
  readonly mislabelled?: string;
}

export interface SamplePartner {
  readonly name: string;
  readonly contact: string;
  readonly apps: readonly SampleApp[];
}

/** Three partners that do not exist, six apps, forty builds. */
export const SAMPLE: readonly SamplePartner[] = [
  {
    name: 'Harbour Works',
    contact: 'Ines Marin',
    apps: [
      {
        slug: 'dock-planner',
        name: 'Dock Planner',
        packageName: '@harbour-works/dock-planner',
        platform: 'server',
        holder: 'server',
        capabilities: ['orders:read', 'orders:write', 'slots:read', 'slots:write'],
        wants: ['orders:read', 'slots:read', 'slots:write'],
        versions: ['1.0.0', '1.1.0', '1.1.1', '1.2.0', '2.0.0', '2.0.1', '2.1.0', '2.2.0'],
      },
      {
        slug: 'quay-board',
        name: 'Quay Board',
        packageName: '@harbour-works/quay-board',
        platform: 'web',
        holder: 'embedded',
        capabilities: ['slots:read'],
        wants: ['slots:read'],
        versions: ['0.9.0', '1.0.0', '1.0.1', '1.1.0', '1.2.0', '1.3.0'],
        mislabelled: '1.1.0',
      },
    ],
  },
  {
    name: 'Meadow Analytics',
    contact: 'Tomas Lind',
    apps: [
      {
        slug: 'stock-reports',
        name: 'Stock Reports',
        packageName: 'meadow-stock-reports',
        platform: 'server',
        holder: 'server',
        capabilities: ['orders:read', 'stock:read'],
        wants: ['orders:read', 'stock:read'],
        versions: ['3.0.0', '3.1.0', '3.1.1', '3.2.0', '3.3.0', '3.4.0', '3.4.1', '4.0.0'],
      },
      {
        slug: 'demand-forecast',
        name: 'Demand Forecast',
        packageName: 'meadow-demand-forecast',
        platform: 'server',
        holder: 'hardware',
        capabilities: ['orders:read', 'stock:read', 'stock:write'],
        wants: ['orders:read', 'stock:read'],
        versions: ['0.1.0', '0.2.0', '0.3.0', '0.4.0', '0.5.0', '1.0.0'],
      },
    ],
  },
  {
    name: 'Northlight Retail',
    contact: 'Aino Virta',
    apps: [
      {
        slug: 'returns-desk',
        name: 'Returns Desk',
        packageName: '@northlight/returns-desk',
        platform: 'linux',
        holder: 'embedded',
        capabilities: ['orders:read', 'returns:write'],
        wants: ['orders:read', 'returns:write'],
        versions: ['5.0.0', '5.0.1', '5.1.0', '5.2.0', '5.2.1', '5.3.0'],
        mislabelled: '5.2.0',
      },
      {
        slug: 'shelf-labels',
        name: 'Shelf Labels',
        packageName: '@northlight/shelf-labels',
        platform: 'windows',
        holder: 'embedded',
        capabilities: ['prices:read', 'stock:read'],
        wants: ['prices:read'],
        versions: ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0', '2.0.0'],
      },
    ],
  },
];
