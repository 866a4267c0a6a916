import { describe, expect, test } from 'vitest';
import { Refused } from '../../src/refused.ts';
import { expectRefused, makeSite, refusalOf } from './site.ts';

// What is wrong before or beside the proof: a fault of the server, no allowlist, a signature that is none.

describe('A fault', () => {
  test('is no refusal, and comes through as it is', async () => {
    const fault = new RangeError('The disk is on fire.');
    const site = makeSite({
      options: {
        allowlist: () => {
          throw fault;
        },
      },
    });
    const request = site.sign();
    expect(() => site.checker.check(request)).toThrow(fault);
    expect(() => site.checker.checkHead(request)).toThrow(fault);
    await expect(site.checker.checkAsync(request)).rejects.toBe(fault);
    await expect(site.checker.checkHeadAsync(request)).rejects.toBe(fault);
  });
});

describe('A refusal', () => {
  test('says no time where none was read', () => {
    const site = makeSite({
      options: {
        allowlist: () => {
          throw new Refused('no_bundle');
        },
      },
    });
    const refused = refusalOf(() => site.checker.check(site.sign()));
    expect(Object.keys(refused.members)).toEqual(['deployment']);
  });
});

describe('A signature of zeros', () => {
  test('is one that nobody has made, for each form of the check', async () => {
    const { checker, sign } = makeSite();
    const signed = sign();
    const zeros = Buffer.alloc(64).toString('base64');
    const headers = signed.headers.map(([name, value]): [string, string] =>
      name.toLowerCase() === 'signature' ? [name, value.replace(/:[^:]*:/, `:${zeros}:`)] : [name, value],
    );
    const request = { ...signed, headers };
    expectRefused(() => checker.check(request), 'signature_invalid');
    expectRefused(() => checker.checkHead(request), 'signature_invalid');
    await expect(checker.checkAsync(request)).rejects.toMatchObject({ code: 'signature_invalid' });
    await expect(checker.checkHeadAsync(request)).rejects.toMatchObject({ code: 'signature_invalid' });
  });
});
