import { environments } from '../../src/custom.ts';
import { parseCeilings, parseRoster } from '../../src/roster.ts';
import { read, type Kind } from '../kind.ts';

/** What `targets` says of the roster and the ceilings (SPEC §2.2). */
export const policy: Kind = {
  required: ['environment', 'roster', 'ceilings'],
  facts: ['approvers'],
  prepare({ environment, roster, ceilings }) {
    const place = read.oneOf(environment, 'environment', environments);
    return () => {
      const parsed = parseRoster(roster, place);
      parseCeilings(ceilings);
      return { approvers: parsed.approvers.length };
    };
  },
};
