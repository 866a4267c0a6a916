import { parseAttestation } from '../../src/http/attestation.ts';
import { readText, type Kind } from '../kind.ts';

/** The form of an attestation, of which nothing is verified (SPEC §10.11, 1). */
export const attestation: Kind = {
  required: ['text'],
  facts: ['kid', 'sub', 'build', 'aud', 'iat', 'nbf', 'exp', 'thumbprint'],
  prepare(members) {
    const text = readText(members.text, 'text');
    return () => {
      const { claims } = parseAttestation(text);
      return {
        kid: claims.issuer,
        sub: `${claims.partner}/${claims.app}`,
        build: claims.build,
        aud: claims.deployment,
        iat: claims.issued,
        nbf: claims.notBefore,
        exp: claims.expires,
        thumbprint: claims.thumbprint,
      };
    };
  },
};
