/** A component of a signature base: its name, quoted in the base, and its value on one line. */
export type Component = readonly [name: string, value: string];

/**
 * The signature base (RFC 9421 §2.5): one line for each component, in the order in which they were signed, then the
 * signature parameters as `serializeInnerList` writes them. ASCII, without a line feed at the end.
 *
 * Free of node: imports, because the sdk bundles it for browsers.
 */
export function signatureBase(components: readonly Component[], signatureParameters: string): string {
  let base = '';
  for (const [name, value] of components) base += `"${name}": ${value}\n`;
  return `${base}"@signature-params": ${signatureParameters}`;
}
