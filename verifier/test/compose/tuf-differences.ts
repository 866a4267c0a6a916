import type { JsonObject } from '../../src/formats.ts';
import {
  alsoListed,
  beside,
  bytes,
  changingDelegations,
  delegating,
  delegation,
  inherited,
  listed,
  manyKeys,
  nested,
  numbered,
  oneKeyTwice,
  pathless,
  rootSays,
  says,
  sha1,
  signatures,
  signaturesByNobody,
  signedBy,
  snapshotMeta,
  succinct,
  targetsKey,
  timestampMeta,
  withDigest,
  type Change,
} from './tuf-difference-changes.ts';
import {
  ecdsaInHex,
  ed25519AsPem,
  ed25519OfScheme,
  p384,
  rewritten,
  rsa,
  rsaForPssAlone,
} from './tuf-odd-signers.ts';
import { compose, targetOf } from './tuf-repository.ts';

/** What our core and tuf-js take differently, one repository each, by clause of SPEC §13. */
export type Difference = {
  readonly clause: string;
  readonly what: string;
  readonly change: Change;
  readonly path?: string;
  readonly ours: Answer;
  readonly theirs: Answer;
};
type Answer = 'found' | 'absent' | 'refused';

export const differences: readonly Difference[] = [
  stricter('§13.1', 'a member that stands twice', bytes('targets', '"version":', '"version":7,"version":')),
  stricter('§13.1', 'nesting deeper than 32', says('targets', { deep: nested(40) })),
  { ...stricter('§13.1', 'a path beyond ASCII', listed('ü', targetOf('ü'))), path: 'ü' },
  stricter('§13.1', 'a control character in a name', says('targets', { 'a\u007f': 1 })),
  stricter('§13.1', 'an integer with an exponent', bytes('targets', '"version":1', '"version":1e0')),
  stricter('§13.1', 'an integer with a point', bytes('targets', '"version":1', '"version":1.0')),
  stricter('§13.1', 'minus nothing', beside('-0')),
  stricter('§13.1', 'a fraction', beside('1.5')),
  stricter('§13.1', 'an integer that is not safe', beside('9007199254740993')),
  stricter('§13.1', 'bytes that are no UTF-8', beside('"\u00ff"')),
  stricter('§13.1', 'a lone surrogate', beside('"\\ud800"')),
  stricter('§13.1', 'a member __proto__', bytes('targets', '{', '{"__proto__":{},')),
  stricter('§13.2', 'a negative version of the first timestamp', says('timestamp', { version: -5 })),
  stricter(
    '§13.2',
    'a version of the specification in other than digits',
    says('targets', { spec_version: '1.0x1' }),
  ),
  stricter(
    '§13.2',
    'a version of the specification without digits',
    says('targets', { spec_version: '1..' }),
  ),
  stricter(
    '§13.2',
    'a version of the specification of five digits',
    says('targets', { spec_version: '1.00001' }),
  ),
  stricter('§13.3', 'a time with an offset', says('targets', { expires: '2030-02-01T00:00:00+02:00' })),
  stricter('§13.3', 'a time with a fraction', says('targets', { expires: '2030-02-01T00:00:00.000Z' })),
  stricter('§13.3', 'a day that no calendar has', says('targets', { expires: '2030-02-30T00:00:00Z' })),
  stricter('§13.4', 'one key under two ids for a threshold of two', oneKeyTwice),
  stricter(
    '§13.4',
    'an id of a key that is not listed',
    rootSays('targets', { keyids: ['nobody', targetsKey.keyId] }),
  ),
  stricter('§13.5', 'an Ed25519 key in PEM', signedBy(ed25519AsPem)),
  stricter(
    '§13.5',
    'an Ed25519 key in upper-case digits',
    signedBy(() => rewritten('ed25519', (digits) => digits.toUpperCase())),
  ),
  stricter(
    '§13.5',
    'an Ed25519 key of another scheme',
    signedBy(() => ed25519OfScheme('eddsa')),
  ),
  stricter('§13.5', 'an ECDSA key in hexadecimal digits', signedBy(ecdsaInHex)),
  stricter(
    '§13.5',
    'a key of more than 4096 characters',
    signedBy(() => rewritten('ecdsa', (pem) => pem + '\n'.repeat(4096))),
  ),
  stricter('§13.5', 'a key of another curve', signedBy(p384)),
  ...(['sha384', 'sha512'] as const).map((digest) =>
    stricter(
      '§13.5',
      `RSA with ${digest}`,
      signedBy(() => rsa({ digest })),
    ),
  ),
  ...[0, 20, 64].map((salt) =>
    stricter(
      '§13.5',
      `an RSA salt of ${salt} bytes`,
      signedBy(() => rsa({ salt })),
    ),
  ),
  ...[1024, 2040, 4104].map((modulus) =>
    stricter(
      '§13.5',
      `an RSA modulus of ${modulus} bits`,
      signedBy(() => rsa({ modulus })),
    ),
  ),
  stricter('§13.5', 'an RSA key for PSS alone', signedBy(rsaForPssAlone)),
  stricter(
    '§13.5',
    'a signature in upper-case digits',
    signatures((sig) => sig.toUpperCase()),
  ),
  stricter(
    '§13.5',
    'a signature with more behind it',
    signatures((sig) => `${sig} more`),
  ),
  stricter('§13.6', 'a digest of another algorithm', withDigest(sha1)),
  stricter(
    '§13.6',
    'no digest where some are listed',
    withDigest(() => ({})),
  ),
  stricter(
    '§13.6',
    'a SHA-256 that is none, of a file that nobody asks for',
    snapshotMeta({ version: 1, hashes: { sha256: 'none' } }),
  ),
  stricter('§13.6', 'a length of nothing', snapshotMeta({ version: 1, length: 0 })),
  stricter('§13.7', 'a delegation by neither paths nor prefixes', pathless),
  stricter('§13.7', 'delegations without a list of roles', says('targets', { delegations: { keys: {} } })),
  stricter('§13.7', 'a delegation without a name', delegation({ name: '' })),
  stricter('§13.7', 'a delegation’s name of 1025 characters', delegation({ name: 'n'.repeat(1025) })),
  stricter('§13.8', 'succinct roles', succinct),
  stricter('§13.9', '1025 signatures', signaturesByNobody(1025)),
  stricter('§13.9', '1025 ids of keys', manyKeys(1025)),
  stricter('§13.9', 'a threshold of 1025', delegation({ threshold: 1025 })),
  stricter(
    '§13.9',
    '100,001 paths of a delegation',
    delegation({ paths: Array.from({ length: 100_001 }, () => 'y') }),
  ),
  stricter(
    '§13.9',
    '100,001 prefixes of a delegation',
    changingDelegations(({ keys, roles }) => {
      const { paths: _paths, ...role } = (roles as [JsonObject])[0];
      return {
        keys: keys ?? {},
        roles: [{ ...role, path_hash_prefixes: Array.from({ length: 100_001 }, () => 'y') }],
      };
    }),
  ),
  stricter(
    '§13.9',
    '17 MiB, though the snapshot says so',
    says('targets', { more: 'x'.repeat(17 * 2 ** 20) }),
  ),
  looser('§13.10', 'members of a timestamp’s meta that are not known', timestampMeta),
  looser('§13.10', 'a malformed target beside the one asked about', listed('y', { length: 'one' })),
  looser('§13.10', 'a malformed target', listed('x', { length: 'one' })),
  looser('§13.10', 'a timestamp of 20,000 bytes', says('timestamp', { more: 'x'.repeat(20_000) })),
  looser('§13.10', 'targets of 5,000,001 bytes and more', beside(`"${'x'.repeat(5_000_001)}"`)),
  looser('§13.10', 'a listed key that is no text', alsoListed({ public: 5 })),
  looser('§13.10', 'a listed key with a member that is no text', alsoListed({ public: 'x', more: 5 })),
  looser(
    '§13.10',
    'a PEM with an empty line before it',
    signedBy(() => rewritten('ecdsa', (pem) => `\n${pem}`)),
  ),
  pattern('[ab]', 'a', 'absent', 'found'),
  pattern('[ab]', '[ab]', 'found', 'absent'),
  pattern('{a,b}', 'a', 'absent', 'found'),
  pattern('!b', 'a', 'absent', 'found'),
  pattern('#a', '#a', 'found', 'absent'),
  pattern('+(a)', 'a', 'absent', 'found'),
  pattern('\\a', 'a', 'absent', 'found'),
  pattern('*', '.a', 'found', 'absent'),
  pattern('?a', '.a', 'found', 'absent'),
  pattern('*', '', 'found', 'absent'),
  pattern('**', '.a', 'found', 'absent'),
  {
    ...looser('§13.12', 'roles whose names are numbers, in their order', numbered),
    path: 'a',
  },
  { ...looser('§13.13', 'a role of such a name', inherited), path: 'a' },
  {
    ...looser('§13.13', 'a path that every object inherits', (repository) => compose(repository)),
    path: 'constructor',
    ours: 'absent',
  },
];

function stricter(clause: string, what: string, change: Change): Difference {
  return { clause, what, change, ours: 'refused', theirs: 'found' };
}

function looser(clause: string, what: string, change: Change): Difference {
  return { clause, what, change, ours: 'found', theirs: 'refused' };
}

function pattern(of: string, path: string, ours: Answer, theirs: Answer): Difference {
  const change: Change = (repository) => {
    delegating(repository, 'role', [of], [path]);
    return compose(repository);
  };
  return { clause: '§13.11', what: `the pattern ${of} and the path ${path}`, change, path, ours, theirs };
}
