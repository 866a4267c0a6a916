import { sha256Hex } from '../digest.ts';
import type { Delegation } from './roles.ts';

/** Whether a delegation speaks about this target path (specification §4.5.1): by pattern, or by the digest's first digits. */
export function delegates(delegation: Delegation, path: string): boolean {
  if (delegation.paths !== undefined) return delegation.paths.some((pattern) => matches(pattern, path));
  const digest = sha256Hex(new TextEncoder().encode(path));
  return (delegation.pathHashPrefixes ?? []).some((prefix) => digest.startsWith(prefix));
}

/** Shell-like patterns, one path segment at a time: `*` any characters but `/`, `?` one of them. */
function matches(pattern: string, path: string): boolean {
  const patterns = pattern.split('/');
  const segments = path.split('/');
  return (
    patterns.length === segments.length &&
    patterns.every((part, i) => matchesSegment(part, segments[i] as string))
  );
}

/** Two pointers and one place to return to, so that no pattern takes more than a product of the lengths. */
function matchesSegment(pattern: string, text: string): boolean {
  let [p, t, star, from] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') {
      [star, from] = [p, t];
      p += 1;
    } else if (pattern[p] === '?' || pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      from += 1;
      [p, t] = [star + 1, from];
    } else {
      return false;
    }
  }
  while (pattern[p] === '*') p += 1;
  return p === pattern.length;
}
