import { parseAttestation } from '../../src/http/attestation.ts';
import { isObject, type JsonValue } from '../../src/json.ts';
import { attestation, corpus, issuer } from '../corpus.ts';
import { demand, textTarget, valueTarget, type Target } from '../target.ts';

export const attestationTargets: readonly Target[] = [
  textTarget({
    name: 'attestation',
    parsers: ['http/attestation.parseAttestation'],
    words: ['.', '..', 'eyJ', '=', '_', '-', 'e30'],
    seeds: () => [
      attestation(),
      attestation({ nbf: corpus().world.vendor.now, jti: 'x', iss: 'https://partner.example' }),
    ],
    judge: (text) => {
      const { claims, signed, signature } = parseAttestation(text);
      demand(text === `${signed}.${Buffer.from(signature).toString('base64url')}`, 'has one spelling');
      demand(claims.issued < claims.expires && claims.issuer.length === 43, 'lives for a time');
    },
  }),
  valueTarget({
    name: 'attestation-claims',
    parsers: ['http/attestation.parseAttestation'],
    words: [
      'ES256',
      'none',
      'HS256',
      'oauth-client-attestation+jwt',
      'p-',
      '/',
      'b-',
      issuer.thumbprint,
      '\\u0000',
    ],
    // Whoever holds the issuer's key signs what he likes.
    seeds: () =>
      [attestation(), attestation({ nbf: corpus().world.vendor.now })].map((jws) =>
        jws
          .split('.')
          .slice(0, 2)
          .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as JsonValue),
      ),
    judge: (value) => {
      const [header, claims] = Array.isArray(value) ? (value as readonly JsonValue[]) : [];
      const parts = [header, claims].map((part) =>
        Buffer.from(JSON.stringify(part ?? null)).toString('base64url'),
      );
      const read = parseAttestation(`${parts.join('.')}.${'A'.repeat(86)}`);
      const { aud, build, sub } = isObject(claims) ? claims : {};
      demand(read.claims.deployment === aud && read.claims.build === build, 'reads what it says');
      demand(`${read.claims.partner}/${read.claims.app}` === sub, 'reads who it is about');
      demand(
        isObject(header) && header.alg === 'ES256' && Object.keys(header).length === 3,
        'names the one algorithm',
      );
    },
  }),
];
