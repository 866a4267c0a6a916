/**
 * The bytes that a text is the base64 of (RFC 4648 §4), when there are so many of them and the text is their one spelling. Undefined for
 * everything else. Node decodes faster than `base64.ts`, but reads on where it should refuse: so what it read is written out again, and compared.
 */
export function decodeBase64(text: string, length: number): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined;
}
