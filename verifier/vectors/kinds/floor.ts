import { readFloor } from '../../src/floor.ts';
import { timeOf } from '../../src/time.ts';
import { readBytes, type Kind } from '../kind.ts';

/** A floor file, or what counts as none (SPEC §7.3). Nothing here is refused. */
export const floor: Kind = {
  required: [],
  optional: ['text', 'bytes'],
  facts: ['missing', 'registry', 'since', 'signedAt', 'roles', 'revocations'],
  prepare(members) {
    const bytes = readBytes(members, 'the floor');
    return () => {
      const found = readFloor(bytes);
      if (found === null) return { missing: true };
      const { registry, since, signedAt, roles, revocations } = found;
      return {
        missing: false,
        registry,
        since: timeOf(since),
        signedAt: timeOf(signedAt),
        roles: Object.fromEntries([...roles].map(([role, { version }]) => [role, version])),
        revocations: [...revocations.values()],
      };
    };
  },
};
