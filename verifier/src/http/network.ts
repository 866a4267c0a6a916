/** The longest address that is looked at, with a zone. */
const mostOfAddress = 64;

/**
 * To whom an address belongs, as far as it tells: an IPv4 address by itself, of an IPv6 address the first 64 bits, because whoever has one
 * has all that begin with them. An IPv4 address in IPv6's clothes is one; what is no address is like all else that is none; null where none is
 * known. Throws nothing.
 */
export function networkOf(address: string | undefined): string | null {
  if (address === undefined) return null;
  if (address.length > mostOfAddress) return 'none';
  if (!address.includes(':')) return ipv4.test(address) ? address : 'none';
  const usual = usualIpv6.exec(address);
  if (usual !== null) return `${usual[1] ?? ''}::/64`;
  const [plain = ''] = address.toLowerCase().split('%');
  const mapped = /^[0:]*:ffff:([0-9.]+)$/.exec(plain)?.[1];
  if (mapped !== undefined && ipv4.test(mapped)) return mapped;
  const [head = '', tail, ...more] = plain.split('::');
  if (more.length > 0 || !/^[0-9a-f:.]*$/.test(plain)) return 'none';
  const groups = head === '' ? [] : head.split(':');
  // What `::` leaves out are zeros; how many, only what stands behind them tells where it matters.
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - groups.length - behind.length);
  const all = [...groups, ...Array<string>(gap).fill('0'), ...behind];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

const ipv4 = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/;
/** As sockets give them, with four groups before any that are left out. */
const usualIpv6 = /^((?:(?:0|[1-9a-f][0-9a-f]{0,3}):){3}(?:0|[1-9a-f][0-9a-f]{0,3})):[0-9a-f:]*$/;
