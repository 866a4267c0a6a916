import { importP256, importRsaPkcs1 } from '../../src/crypto.ts';
import { parsePublicKey, parseRsaKey, thumbprint } from '../../src/jwk.ts';
import { read, type Kind } from '../kind.ts';

/** Public keys of apps and approvers, and their thumbprints (SPEC §1.7). */
export const key: Kind = {
  required: ['type', 'key'],
  facts: ['thumbprint'],
  prepare({ type, key: jwk }) {
    const kind = read.oneOf(type, 'type', ['P-256', 'RSA']);
    return () => {
      if (kind === 'RSA') {
        const parsed = parseRsaKey(jwk);
        importRsaPkcs1(parsed);
        return { thumbprint: thumbprint(parsed) };
      }
      const parsed = parsePublicKey(jwk);
      importP256(parsed);
      return { thumbprint: thumbprint(parsed) };
    };
  },
};
