import { createContext } from '@lit/context';
import type { Person } from '../data/session.ts';
import type { Vendor } from '../data/vendor.ts';

/** Who is here, and at whose portal. */
export interface Here {
  readonly person: Person;
  readonly vendor: Vendor;
}

/** What every page may ask for. */
export const hereContext = createContext<Here>(Symbol('here'));
