import { describe, expect, test } from 'vitest';
import {
  appSlugPattern,
  approverIdPattern,
  buildIdPattern,
  capabilityPattern,
  customerIdPattern,
  partnerIdPattern,
  partnerRolePattern,
  sha256Pattern,
  thumbprintPattern,
} from '../../src/formats.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz234567'.slice(0, 26);

describe('A name of SPEC §1.6 is the whole text', () => {
  test.each<[string, RegExp, string]>([
    ['a partner id', partnerIdPattern, `p-${letters}`],
    ['a customer id', customerIdPattern, `c-${letters}`],
    ['an approver id', approverIdPattern, `u-${letters}`],
    ['a build id', buildIdPattern, `b-${letters}`],
    ['a partner role', partnerRolePattern, `p-${letters}-2`],
    ['an app slug', appSlugPattern, 'a'.repeat(40)],
    ['a capability', capabilityPattern, 'a'.repeat(64)],
    ['a thumbprint', thumbprintPattern, 'A'.repeat(43)],
    ['a digest', sha256Pattern, 'a'.repeat(64)],
  ])('%s', (_, pattern, name) => {
    expect(pattern.test(name)).toBe(true);
    for (const more of [`a${name}`, `${name}a`, ` ${name}`, `${name} `, `\n${name}`, `${name}\n`, `/${name}`])
      expect(pattern.test(more), JSON.stringify(more)).toBe(false);
    expect(pattern.test(name.toUpperCase())).toBe(pattern === thumbprintPattern);
  });

  test('an app slug and a capability begin with a letter or a digit', () => {
    for (const pattern of [appSlugPattern, capabilityPattern]) {
      for (const name of ['a', '0', 'z9-a']) expect(pattern.test(name), name).toBe(true);
      for (const name of ['', '-', '-a', '.a', 'a/b', 'a b', 'é'])
        expect(pattern.test(name), name).toBe(false);
    }
    expect(capabilityPattern.test('orders:read_all.x')).toBe(true);
  });

  test('an overflow role has a number from 2 to 9999, in its one spelling', () => {
    const numberOf = (role: string): string | undefined => partnerRolePattern.exec(role)?.[2];
    for (const number of ['2', '9', '10', '19', '99', '100', '9999'])
      expect(numberOf(`p-${letters}-${number}`)).toBe(number);
    for (const number of ['', '0', '1', '02', '01', '10000', '-2', '2a', 'a'])
      expect(partnerRolePattern.test(`p-${letters}-${number}`), number).toBe(false);
    expect(partnerRolePattern.exec(`p-${letters}`)?.[1]).toBe(`p-${letters}`);
  });
});
