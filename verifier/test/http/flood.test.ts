import { describe, expect, test } from 'vitest';
import { forgeryLimits } from '../../src/http/forgery-limit.ts';
import { Refused } from '../../src/refused.ts';
import { makeSite } from './site.ts';

// Every form of the check counts what is forged (SPEC §10.12).

const codeOf = async (ask: () => unknown): Promise<string> => {
  try {
    await ask();
    return 'admitted';
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
};

describe('A flood of forgeries from one address', () => {
  test.each(['check', 'checkHead', 'checkAsync', 'checkHeadAsync'] as const)(
    'is refused unverified by %s',
    async (form) => {
      const { checker, sign } = makeSite();
      const forged = { ...sign(), address: '192.0.2.1', target: '/other' };
      const codes = new Set<string>();
      for (let i = 0; i < 10 * forgeryLimits.network.burst; i += 1) {
        codes.add(await codeOf(() => checker[form](forged)));
        if (codes.has('too_many_forgeries')) break;
      }
      expect([...codes]).toEqual(['signature_invalid', 'too_many_forgeries']);
    },
  );
});
