// Origins as SPEC §3.6 writes them: one spelling each, so that they are compared as text.

/**
 * Whether a text is an origin: `scheme "://" host [":" port]`, lower case, https or http, no default port, user or path.
 * Hosts are DNS names (letters, digits, hyphens), dotted IPv4 addresses or bracketed IPv6 addresses in the URL standard's spelling.
 */
export function isOrigin(text: string): boolean {
  if (text.length > 300 || !/^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[1-9][0-9]{0,4})?$/.test(text))
    return false;
  if (/\.\.|\/\.|\.(?::|$)/.test(text)) return false;
  // The URL standard's parser decides what else is not the one spelling: 127.1, port 443, xn-- rules, ports over 65535.
  return URL.canParse(text) && new URL(text).origin === text;
}

/** The host of an origin, without the port; IPv6 in brackets. */
export function hostOf(origin: string): string {
  return new URL(origin).hostname;
}

/** Whether an origin is one that only this machine can mean, the only kind that a development repository admits for. */
export function isLoopbackOrigin(origin: string): boolean {
  const host = hostOf(origin);
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host.endsWith('.test') ||
    host === '127.0.0.1' ||
    host === '[::1]'
  );
}
