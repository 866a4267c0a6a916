// The schemas of values that many routes take. What they accept is what SPEC §1.6 accepts.

import * as z from 'zod';

import { appSlugPattern, capabilityPattern, isLabel, sha256Pattern } from '@appwarrant/verifier/formats';

import { idPattern, type IdLetter } from '../ids.ts';

export { z };

const INVISIBLE = /[^\P{Cc}\n]|[\p{Cs}\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/u;

/** A name: 1–120 characters, NFC, no control, bidirectional or zero-width characters, no white space around it. */
export const label = z
  .string()
  .max(240)
  .refine(isLabel, 'must be 1–120 visible characters, without white space around them')
  .describe('A name of 1–120 characters.');

/** A sentence or more, with line breaks but nothing else invisible. */
export const prose = z
  .string()
  .max(2000)
  .transform((text) => text.trim())
  .refine((text) => text !== '' && !INVISIBLE.test(text), 'must be 1–2000 visible characters')
  .describe('Plain text of 1–2000 characters.');

/** An id with this letter. */
export const id = (letter: IdLetter) =>
  z.string().regex(idPattern(letter), `must be an id such as ${letter}-…`);

export const slug = z
  .string()
  .regex(appSlugPattern, 'must be 1–40 characters of a-z, 0-9 and -, beginning with a letter or digit');

const capability = z.string().regex(capabilityPattern, 'must look like orders:read');

/** At most 64 capabilities; sorted and distinct once read. */
export const capabilities = z
  .array(capability)
  .max(64)
  .transform((list) => [...new Set(list)].sort());

export const platform = z.enum(['server', 'web', 'android', 'ios', 'macos', 'windows', 'linux']);

export const digest = z.string().regex(sha256Pattern, 'must be 64 lower-case hexadecimal digits');

/** base64url without padding, at most `most` characters. */
export const base64url = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url without padding');

/** 32 bytes in their one spelling (SPEC §1.4): a second one would be the same key under another thumbprint. */
const coordinate = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be 32 bytes in base64url');

/** An EC P-256 public key as a JWK of exactly these members (SPEC §1.7). */
export const ecJwk = z.strictObject({
  crv: z.literal('P-256'),
  kty: z.literal('EC'),
  x: coordinate,
  y: coordinate,
});

/** "all", or customer ids, sorted and distinct once read. */
export const customers = z.union([
  z.literal('all'),
  z
    .array(id('c'))
    .min(1)
    .max(1000)
    .transform((list) => [...new Set(list)].sort()),
]);

/** A number in a query: digits from `least` to `most`, `fallback` when absent. */
export const count = (fallback: number, least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be from ${least} to ${most}`)
    .optional()
    .transform((value) => value ?? fallback);

/** What someone types into a search field. */
export const search = z
  .string()
  .max(200)
  .refine((text) => !/\p{Cc}/u.test(text), 'must not have control characters');
