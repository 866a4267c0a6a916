// Labels are names for people (SPEC §1.6): two that look alike on a screen should be alike.

const printableAscii = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const forbidden = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/u;

/** Whether a text is a label: 1–120 characters (code points), NFC, nothing invisible, no white space at its ends. */
export function isLabel(text: string): boolean {
  if (printableAscii.test(text)) return text.length <= 120;
  if (text.length === 0 || text.length > 240 || Array.from(text).length > 120) return false;
  return text.trim() === text && !forbidden.test(text) && text.normalize('NFC') === text;
}
