import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAnchor } from '../../src/formats.ts';
import { installedAnchor } from '../../src/installed-anchor.ts';
import { refusal } from '../compose/story.ts';
import { anchorOf, createVendor } from '../compose/vendor.ts';

describe('The trust anchor', () => {
  const anchor = anchorOf(createVendor());
  const fileWith = (changes: object): Uint8Array => {
    return Buffer.from(JSON.stringify({ type: 'appwarrant/anchor/1', anchor: { ...anchor, ...changes } }));
  };

  test('is read whole', () => {
    expect(parseAnchor(fileWith({}))).toEqual(anchor);
  });

  test('of the source package is none, and trusts nobody', () => {
    expect(parseAnchor(readFileSync(new URL('../../anchor.json', import.meta.url)))).toBeNull();
    refusal('no_trust_anchor', installedAnchor);
  });

  test.each<[string, object]>([
    ['a further member', { more: 1 }],
    ['another environment', { environment: 'test' }],
    ['no digest for a registry', { registry: 'acme' }],
    ['a minimum of 0', { minimum: { ...anchor.minimum, targets: 0 } }],
    ['no signed time', { minimum: { targets: 1 } }],
    ['a root that is a text', { root: '{}' }],
    ['a vendor without a name', { vendor: { slug: 'acme' } }],
    ['a minimum that is a text', { minimum: { ...anchor.minimum, targets: '1' } }],
    ['a signed time that is a date', { minimum: { targets: 1, signedAt: '2030-01-01' } }],
    ['a signed time that is a number', { minimum: { targets: 1, signedAt: 5 } }],
    ['a signed time in a list', { minimum: { targets: 1, signedAt: [anchor.minimum.signedAt] } }],
    ['a vendor whose name is no label', { vendor: { name: ' Acme', slug: 'acme' } }],
    ['a vendor whose name is empty', { vendor: { name: '', slug: 'acme' } }],
    ['a vendor whose name is a number', { vendor: { name: 5, slug: 'acme' } }],
    ['a vendor whose name is in a list', { vendor: { name: ['Acme'], slug: 'acme' } }],
    ['a slug with a slash', { vendor: { name: 'Acme', slug: '../x' } }],
    ['a slug that ends with a slash', { vendor: { name: 'Acme', slug: 'acme/' } }],
    ['a slug of 41 characters', { vendor: { name: 'Acme', slug: 'a'.repeat(41) } }],
    ['an empty slug', { vendor: { name: 'Acme', slug: '' } }],
  ])('with %s is refused', (_, changes) => {
    refusal('anchor_malformed', () => parseAnchor(fileWith(changes)));
  });

  test('of another type, or beside something else, is refused', () => {
    refusal('anchor_malformed', () =>
      parseAnchor(Buffer.from('{"type":"appwarrant/anchor/2","anchor":null}')),
    );
    refusal('anchor_malformed', () => parseAnchor(Buffer.from('{"type":"appwarrant/anchor/1"}')));
    refusal('json_malformed', () => parseAnchor(Buffer.from('')));
  });
});
