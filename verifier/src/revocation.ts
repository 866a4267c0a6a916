import { appSlugPattern, partnerIdPattern, sha256Pattern, thumbprintPattern } from './ids.ts';
import { member, readerFor, type JsonValue } from './json.ts';
import { thumbprint } from './jwk.ts';
import { statementDigest, type Statement } from './statement.ts';
import { isTime, type Time } from './time.ts';

// Revocations (SPEC §2.3, §5): one voids every statement about its subject that was issued until `through`.

export type RevocationSubject =
  | { readonly kind: 'statement'; readonly digest: string }
  | { readonly kind: 'artifact'; readonly digest: string }
  | { readonly kind: 'app'; readonly partner: string; readonly app: string }
  | { readonly kind: 'partner'; readonly partner: string }
  | { readonly kind: 'identity'; readonly thumbprint: string };

export type Revocation = { readonly subject: RevocationSubject; readonly through: Time };

/** Revocations by subject, each with its latest `through`. Only ever added to. */
export type RevocationIndex = ReadonlyMap<string, Revocation>;

const read = readerFor('revocation_malformed', 'Revocation');

/** The most revocations that one document may list. */
const mostRevocations = 200_000;

/** Reads one revocation. Throws `revocation_malformed`. */
export function parseRevocation(value: JsonValue | undefined): Revocation {
  const revocation = read.members(value, 'it', ['subject', 'through']);
  const { through } = revocation;
  if (typeof through !== 'string' || !isTime(through)) return read.refuse('through', 'a time');
  return { subject: parseSubject(revocation.subject), through };
}

/** Reads a list of at most `most` revocations. Throws `revocation_malformed`. */
export function parseRevocations(
  value: JsonValue | undefined,
  most = mostRevocations,
): readonly Revocation[] {
  return read.list(value, 'the list', 0, most).map(parseRevocation);
}

/** Whether this revocation voids this statement (SPEC §5). */
export function covers(revocation: Revocation, statement: Statement): boolean {
  if (statement.custom.issued > revocation.through) return false;
  const { subject } = revocation;
  if (subject.kind === 'statement') return subject.digest === statementDigest(statement);
  if (statement.kind !== 'entry') return false;
  const { custom, hashes } = statement;
  switch (subject.kind) {
    case 'artifact':
      return subject.digest === hashes.sha256;
    case 'app':
      return subject.partner === custom.partner.id && subject.app === custom.app.id;
    case 'partner':
      return subject.partner === custom.partner.id;
    case 'identity':
      return custom.identities.some(({ key }) => thumbprint(key) === subject.thumbprint);
  }
}

/** A union of revocations: of two about one subject, the one that reaches further. */
export function mergeRevocations(...lists: readonly Iterable<Revocation>[]): RevocationIndex {
  const index = new Map<string, Revocation>();
  for (const list of lists) {
    for (const revocation of list) {
      const name = subjectName(revocation.subject);
      if ((index.get(name)?.through ?? '') < revocation.through) index.set(name, revocation);
    }
  }
  return index;
}

/** One text for each subject, for use as a map's key. */
export function subjectName(subject: RevocationSubject): string {
  switch (subject.kind) {
    case 'statement':
    case 'artifact':
      return `${subject.kind} ${subject.digest}`;
    case 'app':
      return `app ${subject.partner} ${subject.app}`;
    case 'partner':
      return `partner ${subject.partner}`;
    case 'identity':
      return `identity ${subject.thumbprint}`;
  }
}

function parseSubject(value: JsonValue | undefined): RevocationSubject {
  const kind = read.oneOf(member(read.object(value, 'subject'), 'kind'), 'subject.kind', kinds);
  switch (kind) {
    case 'statement':
    case 'artifact': {
      const { digest } = read.members(value, 'subject', ['digest', 'kind']);
      return { kind, digest: read.matching(digest, 'subject.digest', sha256Pattern, 'a digest') };
    }
    case 'app': {
      const { app, partner } = read.members(value, 'subject', ['app', 'kind', 'partner']);
      return {
        kind,
        partner: read.matching(partner, 'subject.partner', partnerIdPattern, 'a partner id'),
        app: read.matching(app, 'subject.app', appSlugPattern, 'an app slug'),
      };
    }
    case 'partner': {
      const { partner } = read.members(value, 'subject', ['kind', 'partner']);
      return { kind, partner: read.matching(partner, 'subject.partner', partnerIdPattern, 'a partner id') };
    }
    case 'identity': {
      const subject = read.members(value, 'subject', ['kind', 'thumbprint']);
      return {
        kind,
        thumbprint: read.matching(
          subject.thumbprint,
          'subject.thumbprint',
          thumbprintPattern,
          'a thumbprint',
        ),
      };
    }
  }
}

const kinds = ['statement', 'artifact', 'app', 'partner', 'identity'] as const;
