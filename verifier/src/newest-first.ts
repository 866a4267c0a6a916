import type { Time } from './time.ts';

type Issued = { readonly path: string; readonly custom: { readonly issued: Time } };

/** Of several statements the newest speaks, of equally old ones that whose path sorts first: the order in a file is not signed. */
export function newestFirst(a: Issued, b: Issued): number {
  return compareTexts(b.custom.issued, a.custom.issued) || compareTexts(a.path, b.path);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
