import { Refused } from '../../refused.ts';
import type { RequestToCheck } from '../../http/request-head.ts';

// What a Fetch request still says of the request that was received. A server has taken that apart before, so the rule here is another
// than for node:http: not "judge what was received", but "judge what the handler sees, and refuse where two readers may see two things".
//
// The target. A URL is normalised: dot segments are resolved, some characters percent-encoded, an absolute target loses its host. The
// target judged here is the text behind the authority in `request.url`, the one that routers and `new URL` read. Whoever respells a
// target on its way (`/x/../orders` for `/orders`) changes nothing: the handler sees what was signed. What was signed in a spelling that
// a URL does not keep is refused (`signature_invalid`). `//`, dot segments and fragments that are left are refused as everywhere.
//
// The authority. It comes from `Host`, or from an absolute target: both are the sender's own word, as on every server. The origin that
// counts is the licensed one; no handler should believe `new URL(request.url).host` or build links of it.
//
// Fields that came twice are joined: by `, `, which is also how a signature covers them (RFC 9421 §2.1), or `; ` for cookies. The handler sees
// the joined value too, so the covered one is the one that is read. Where two make no sense, the joined value makes none: a length and
// a coding are refused as framing, a second deployment, digest, signature or attestation as what it has become. `Host` is not covered, so a
// comma in it is refused here.
//
// The method. `get` becomes `GET`: the handler sees, and the proof covers, the latter.

/** The head of a request as its handler will see it. Throws `target_malformed`, `header_repeated`. */
export function headOfFetch(request: Request): RequestToCheck {
  const target = behindAuthority(request.url);
  if (target === '' || target !== behindAuthority(normalised(request.url)))
    throw new Refused('target_malformed', 'Readers of this URL would not agree on its path.');
  const headers = [...request.headers];
  if (headers.some(([name, value]) => name === 'host' && value.includes(',')))
    throw new Refused('header_repeated', 'host comes more than once.');
  return { method: request.method, target, headers };
}

/** Path, query and fragment of a URL, as they stand; empty where there is no authority before them. */
function behindAuthority(url: string): string {
  const scheme = url.indexOf('://');
  const path = scheme < 0 ? -1 : url.indexOf('/', scheme + 3);
  return path < 0 ? '' : url.slice(path);
}

function normalised(url: string): string {
  try {
    return new URL(url).href;
  } catch {
    return '';
  }
}
