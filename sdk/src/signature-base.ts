/** A covered component and its value, in the order in which it is signed. */
export type Component = readonly [name: string, value: string];

/** The parameters of a proof (SPEC §10.3); `created` in seconds since 1970. */
export interface ProofParameters {
  readonly created: number;
  readonly nonce: string;
  readonly keyId: string;
}

/** The value of `@signature-params`, which `Signature-Input` repeats (RFC 9421 §2.3). */
export function signatureParams(
  components: readonly Component[],
  { created, nonce, keyId }: ProofParameters,
): string {
  const covered = components.map(([name]) => `"${name}"`).join(' ');
  return `(${covered});created=${created};nonce="${nonce}";keyid="${keyId}";tag="app-attestation"`;
}

/** The signature base (RFC 9421 §2.5): what is signed. Values are ASCII without line breaks. */
export function signatureBase(components: readonly Component[], params: string): string {
  return [...components, ['@signature-params', params] as const]
    .map(([name, value]) => `"${name}": ${value}`)
    .join('\n');
}

/** The first line in which two signature bases differ, or null when they are equal. Lines count from 1. */
export function firstDifference(
  ours: string,
  theirs: string,
): { readonly line: number; readonly ours: string; readonly theirs: string } | null {
  const left = ours.split('\n');
  const right = theirs.split('\n');
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    if (left[i] !== right[i])
      return { line: i + 1, ours: left[i] ?? '(no such line)', theirs: right[i] ?? '(no such line)' };
  }
  return null;
}
