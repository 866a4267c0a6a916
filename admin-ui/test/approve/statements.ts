// Statements as the portal composes them, for tests to spoil.

import { createHash, generateKeyPairSync } from 'node:crypto';
import { canonical, timeOf, type JsonValue } from '@appwarrant/verifier/formats';
import type { Configuration } from '../../src/approve/configuration.ts';

export const NOW = Date.parse('2026-11-22T09:00:00Z') / 1000;

export const CONFIGURATION: Configuration = {
  portalOrigin: 'http://localhost:8600',
  registry: 'a'.repeat(64),
  environment: 'development',
  rpId: 'approve.localhost',
  vendor: 'Acme',
};

const PARTNER = `p-${'a'.repeat(26)}`;
const CUSTOMER = `c-${'b'.repeat(26)}`;

type Json = { [name: string]: unknown };

/** An entry that nothing is wrong with; `number` tells one from another. */
export function entry(number = 1, change: Json = {}, changeWhole: Json = {}): Json {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  });
  const sha256 = createHash('sha256').update(`build ${number}`).digest('hex');
  const custom = {
    kind: 'entry',
    partner: { id: PARTNER, name: 'Northwind' },
    app: { id: 'field-service', name: 'Field Service' },
    build: { id: `b-${'c'.repeat(26)}`, version: `2.0.${number}`, platform: 'server' },
    identities: [{ kind: 'key', key: { crv: 'P-256', kty: 'EC', x, y }, use: 'request', holder: 'embedded' }],
    capabilities: ['orders:read'],
    assurance: 'embedded',
    customers: 'all',
    issued: timeOf(NOW),
    validFrom: timeOf(NOW),
    expires: timeOf(NOW + 365 * 86_400),
    review: 'd'.repeat(64),
    ...change,
  };
  return whole(
    'entry',
    PARTNER,
    `${PARTNER}/field-service/${sha256}`,
    4_200_000,
    sha256,
    custom,
    changeWhole,
  );
}

/** A licence that nothing is wrong with. */
export function license(change: Json = {}, changeWhole: Json = {}): Json {
  return underDigest(
    'licence',
    {
      kind: 'licence',
      customer: { id: CUSTOMER, name: 'Harbour' },
      deployments: [{ id: 'A'.repeat(43), origins: ['http://localhost:8700'] }],
      partners: 'all',
      fresh: 30 * 86_400,
      grace: 60 * 86_400,
      issued: timeOf(NOW),
      validFrom: timeOf(NOW),
      expires: timeOf(NOW + 365 * 86_400),
      ...change,
    },
    changeWhole,
  );
}

/** A grant that nothing is wrong with. */
export function grant(change: Json = {}): Json {
  return underDigest('grant', {
    kind: 'grant',
    customer: { id: CUSTOMER, name: 'Harbour' },
    deployments: ['A'.repeat(43)],
    effect: { kind: 'monitor' },
    reason: 'The new warehouse goes live tonight.',
    issued: timeOf(NOW),
    validFrom: timeOf(NOW),
    expires: timeOf(NOW + 24 * 3600),
    ...change,
  });
}

function underDigest(kind: 'licence' | 'grant', custom: Json, change: Json = {}): Json {
  const bytes = canonical(custom as JsonValue);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return whole(kind, CUSTOMER, `${CUSTOMER}/${kind}/${sha256}`, bytes.length, sha256, custom, change);
}

function whole(
  kind: string,
  role: string,
  path: string,
  length: number,
  sha256: string,
  custom: Json,
  change: Json,
): Json {
  const { registry, environment } = CONFIGURATION;
  const type = 'appwarrant/approval/1';
  return { type, kind, registry, environment, role, path, length, hashes: { sha256 }, custom, ...change };
}
