import {
  importEd25519,
  importP256,
  importP256Pem,
  importRsaPkcs1,
  importRsaPssPem,
  isSignatureBy,
} from '../../src/crypto.ts';
import { fingerprint } from '../../src/fingerprint.ts';
import { parsePublicKey, parseRsaKey, thumbprint } from '../../src/jwk.ts';
import { isLabel } from '../../src/label.ts';
import { hostOf, isLoopbackOrigin, isOrigin } from '../../src/origin.ts';
import { Refused } from '../../src/refused.ts';
import { isTime, secondsOf, timeOf } from '../../src/time.ts';
import { keyOf, signerOf } from '../../vectors/make/keys.ts';
import { rsaJwk, rsaPem } from '../../vectors/make/rsa-key.ts';
import { createPublicKey } from 'node:crypto';
import { corpus, origin } from '../corpus.ts';
import { bytesTarget, demand, textTarget, valueTarget, type Target } from '../target.ts';

/** For rules that answer instead of refusing: no is a refusal here. */
function otherwiseRefused(holds: boolean): void {
  if (!holds) throw new Refused('value_malformed');
}

const ecPem = (): string =>
  createPublicKey(keyOf('app').privateKey).export({ type: 'spki', format: 'pem' }).toString();
const pemWords = [
  '-----BEGIN PUBLIC KEY-----',
  '-----END PUBLIC KEY-----',
  '-----BEGIN PRIVATE KEY-----',
  '\n',
  '=',
  'MFkw',
];

export const valueTargets: readonly Target[] = [
  textTarget({
    name: 'time',
    parsers: ['time.isTime', 'time.secondsOf'],
    words: ['-', ':', 'T', 'Z', '.000Z', '+00:00', '02-29', '24:00:00'],
    seeds: () => [
      '2030-01-01T00:00:00Z',
      '2000-02-29T23:59:59Z',
      '1970-01-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
    ],
    judge: (text) => {
      otherwiseRefused(isTime(text));
      const seconds = secondsOf(text);
      demand(timeOf(seconds) === text, 'has one spelling');
      demand(new Date(text).toISOString() === `${text.slice(0, 19)}.000Z`, 'is a real time');
    },
  }),
  textTarget({
    name: 'label',
    parsers: ['label.isLabel'],
    words: [
      '\u0301',
      '\u200b',
      '\u202e',
      '\ufeff',
      'e\u0301',
      '\u{1f468}\u200d\u{1f469}',
      ' ',
      '\u00a0',
      '\u3000',
    ],
    seeds: () => ['Orders', 'Bestellungen für Ärzte', '注文', '\u{1f600} fun', 'a b', 'ż'],
    judge: (text) => {
      otherwiseRefused(isLabel(text));
      demand(
        text === text.normalize('NFC') && text === text.trim(),
        'is normal, without white space around it',
      );
      demand(Array.from(text).length <= 120 && text.length > 0, 'has 1 to 120 characters');
      demand(!/[\p{Cc}\p{Cs}\p{Bidi_C}\u200b-\u200d\u2060\ufeff]/u.test(text), 'shows all that it holds');
    },
  }),
  textTarget({
    name: 'origin',
    parsers: ['origin.isOrigin', 'origin.isLoopbackOrigin'],
    words: [
      'https://',
      'http://',
      ':443',
      ':80',
      ':8443',
      '.localhost',
      '.test',
      '[::1]',
      '127.0.0.1',
      '@',
      '/',
      '..',
      'xn--',
      '%2e',
      '。',
    ],
    seeds: () => [
      origin,
      'http://localhost:3000',
      'http://[::1]:8080',
      'https://xn--bcher-kva.example',
      'http://127.0.0.1',
      'https://a.b.c.test:1',
    ],
    judge: (text) => {
      otherwiseRefused(isOrigin(text));
      demand(new URL(text).origin === text, 'is what a browser would write');
      const host = hostOf(text);
      demand(text.includes(host) && host === host.toLowerCase(), 'has a host');
      demand(
        !isLoopbackOrigin(text) || /^(?:127\.0\.0\.1|\[::1\]|(?:.*\.)?localhost|.*\.test)$/.test(host),
        'is of this machine only where its name says so',
      );
    },
  }),
  valueTarget({
    name: 'jwk',
    parsers: [
      'jwk.parsePublicKey',
      'jwk.parseRsaKey',
      'crypto.importP256',
      'crypto.importRsaPkcs1',
      'crypto.isSignatureBy',
    ],
    words: ['A', '_', '-', '=', 'AQAB', 'Aw', 'EC', 'RSA', 'P-256'],
    seeds: () => [keyOf('app').jwk, keyOf('other').jwk, rsaJwk, { ...rsaJwk, e: 'Aw' }],
    judge: (value) => {
      const isRsa = typeof value === 'object' && value !== null && 'n' in value;
      const jwk = isRsa ? parseRsaKey(value) : parsePublicKey(value);
      demand(thumbprint(jwk).length === 43, 'has a thumbprint');
      const key = jwk.kty === 'RSA' ? importRsaPkcs1(jwk) : importP256(jwk);
      demand(!isSignatureBy(key, Buffer.from('x'), Buffer.alloc(64, 1)), 'has not signed this');
    },
  }),
  textTarget({
    name: 'pem',
    parsers: ['crypto.importP256Pem', 'crypto.importRsaPssPem'],
    words: pemWords,
    seeds: () => [ecPem(), rsaPem],
    judge: (text) => {
      let rsa = false;
      let key;
      try {
        key = importP256Pem(text);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        key = importRsaPssPem(text);
        rsa = true;
      }
      demand(key.object.type === 'public', 'is a public key');
      demand(key.object.asymmetricKeyType === (rsa ? 'rsa' : 'ec'), 'is of the kind that was asked for');
      demand(!isSignatureBy(key, Buffer.from('x'), Buffer.alloc(70, 1)), 'has not signed this');
    },
  }),
  bytesTarget({
    name: 'ed25519',
    parsers: ['crypto.importEd25519'],
    seeds: () => {
      const { keyval } = signerOf('root').key;
      return [Buffer.from((keyval as { public: string }).public, 'hex')];
    },
    judge: (bytes) => {
      const key = importEd25519(bytes);
      demand(!isSignatureBy(key, Buffer.from('x'), Buffer.alloc(64, 1)), 'has not signed this');
    },
  }),
  textTarget({
    name: 'fingerprint',
    parsers: [],
    words: ['A', '-', '_'],
    seeds: () => [corpus().world.key.thumbprint],
    judge: (text) => {
      demand(/^(?:[0-9a-f]{4} )*[0-9a-f]{0,4}$/.test(fingerprint(text)), 'reads as groups of four digits');
    },
  }),
];
