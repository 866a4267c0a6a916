/** A fingerprint in groups of four, as the approving page shows it: to be read aloud. */
export function inGroups(text: string): string {
  return text.match(/.{1,4}/g)?.join(' ') ?? text;
}
