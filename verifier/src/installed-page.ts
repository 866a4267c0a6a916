import { readInstalled } from './installed-files.ts';
import { reasonCodes, type ReasonCode } from './reasons.ts';

/** Where the page of a code lies in the installed package, from the package's folder. */
export function pageOf(code: ReasonCode): string {
  return `dist/codes/${code}.md`;
}

/** The page of a code, of the verifier's or of the portal's, as the installed package brings it; null when there is none. */
export function readPage(code: string): string | null {
  // The name becomes a path: only what a code can be is looked for.
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(code)) return null;
  try {
    return new TextDecoder().decode(readInstalled(`dist/codes/${code}.md`));
  } catch {
    return null;
  }
}

/** Whether a text is one of the verifier's codes. */
export function isReasonCode(text: string): text is ReasonCode {
  return reasonCodes.some((code) => code === text);
}
