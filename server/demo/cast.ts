// Who and what the acts of the story share.

import type { Customer } from '../src/api-types.ts';
import type { InstalledApp } from './caller.ts';
import type { CustomerSite } from './customer.ts';
import type { PartnerDesk, Submitted } from './partner.ts';
import type { VendorPortal } from './portal.ts';

/** Where the story happens, and how it is told. */
export interface Stage {
  readonly folder: string;
  readonly portalPort: number;
  readonly serverPort: number;
  readonly say: (text: string) => void;
}

/** Everybody and everything, once the first bundle has been handed over. */
export interface Cast {
  readonly stage: Stage;
  readonly vendor: VendorPortal;
  readonly desk: PartnerDesk;
  /** Approved by two, by two, by nobody, by one. */
  readonly orders: Submitted;
  readonly viewer: Submitted;
  readonly unapproved: Submitted;
  readonly halfApproved: Submitted;
  readonly app: InstalledApp;
  readonly site: CustomerSite;
  readonly deployment: string;
  readonly customer: Customer;
  readonly bundle: Buffer;
}

/** Notes a verdict: what was tried, what was to come of it, what came, and what decides. */
export type Judge = (attempt: string, expected: string, got: string, because: string) => void;

/** In hours, as clocks are shifted. */
export const DAY = 24;
