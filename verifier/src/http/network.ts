/** The longest address that is looked at, with a zone. */
const mostOfAddress = 64;

/**
 * To whom an address belongs, as far as it tells: an IPv4 address by itself, of an IPv6 address the first 64 bits, because whoever has one
 * has all that begin with them. An IPv4 address in IPv6's clothes is one. What is no address is some network all the same, of which nothing
 * hangs but a limit. Null where none is known. Throws nothing.
 */
export function networkOf(address: string | undefined): string | null {
  if (address === undefined) return null;
  const text = address.slice(0, mostOfAddress);
  if (!text.includes(':')) return text;
  const mapped = /^[0:]*:ffff:([0-9.]+)$/i.exec(text);
  if (mapped !== null) return mapped[1] ?? '';
  const [head = [], tail = []] = text.split('::').map((part) => (part === '' ? [] : part.split(':')));
  // What `::` leaves out are zeros; how many, what stands behind it tells.
  while (head.length < 4 && head.length + tail.length < 8) head.push('0');
  return `${[...head, ...tail].slice(0, 4).join(':').toLowerCase()}::/64`;
}
