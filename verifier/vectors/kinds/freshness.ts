import { parseLicense } from '../../src/custom.ts';
import { judgeFreshness } from '../../src/freshness.ts';
import { parseCeilings } from '../../src/roster.ts';
import { secondsOf, timeOf } from '../../src/time.ts';
import { read, readText, type Kind } from '../kind.ts';

/** How fresh an allowlist is at a moment (SPEC §8). */
export const freshness: Kind = {
  required: ['signedAt', 'wall', 'licence', 'ceilings', 'grantedGrace', 'at'],
  facts: ['kind', 'age', 'freshUntil', 'expires'],
  prepare(members) {
    const license = parseLicense(members.licence);
    const timeAt = (name: string): number => secondsOf(readText(members[name], name));
    const freshly = {
      signedAt: timeAt('signedAt'),
      wall: timeAt('wall'),
      license,
      licensed: { from: secondsOf(license.validFrom), until: secondsOf(license.expires) },
      ceilings: parseCeilings(members.ceilings),
      grantedGrace: read.integer(members.grantedGrace, 'grantedGrace', 0, Number.MAX_SAFE_INTEGER),
    };
    const at = timeAt('at');
    return () => {
      const { kind, age, freshUntil, expires } = judgeFreshness(freshly, at);
      return { kind, age, freshUntil: timeOf(freshUntil), expires: timeOf(expires) };
    };
  },
};
