import { Refused } from '../refused.ts';

/** Everything but visible ASCII, and the two visible characters that no origin-form target contains. */
const foreign = /[^\x21-\x7e]|[\\#]/;
/**
 * A `.` or `..` segment. After decoding, a backslash counts as a separator, because some routers take it for one, and what follows a
 * semicolon does not count, because servlet containers cut it off first.
 */
const dotSegment = /(?:^|[/\\])\.\.?(?:[/\\;]|$)/;

/**
 * Passes the raw request target on, when it is one that every router reads alike (SPEC §10.4): origin form, without `//` in
 * the path, dot segments (also percent-encoded), `#`, `\`, spaces, control or non-ASCII characters. Throws `target_malformed`.
 *
 * Nothing is decoded or normalised: what is signed is what was received, byte for byte.
 */
export function parseTarget(target: string): string {
  if (!target.startsWith('/'))
    throw new Refused('target_malformed', 'The request target must begin with "/".');
  if (foreign.test(target)) {
    throw new Refused(
      'target_malformed',
      'The request target contains a character that does not belong there.',
    );
  }
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (path.includes('//')) throw new Refused('target_malformed', 'The path contains "//".');
  const encoded = path.includes('%');
  // Most paths have no dot at all, and need no closer look.
  if ((encoded || path.includes('.')) && dotSegment.test(encoded ? decodeSeparators(path) : path)) {
    throw new Refused('target_malformed', 'The path contains a dot segment.');
  }
  return target;
}

function decodeSeparators(path: string): string {
  return path.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(/%5c/gi, '\\').replace(/%3b/gi, ';');
}
