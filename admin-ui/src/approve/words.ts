import type { Entry, Grant, Holder, KeyUse, License } from './statement.ts';

// What a statement means, in words. Everything here is computed from the bytes that are signed.

const moments = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });

/** "22 November 2026 at 09:14", in the reader's zone. Unix seconds. */
export function momentInWords(seconds: number): string {
  return moments.format(seconds * 1000);
}

/** "30 days", "12 hours". Seconds. */
export function durationInWords(seconds: number): string {
  const [unit, length] = seconds >= 2 * 86_400 ? (['day', 86_400] as const) : (['hour', 3600] as const);
  const count = Math.round((seconds / length) * 10) / 10;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** "4,194,304 bytes (4.2 MB)" */
export function sizeInWords(bytes: number): string {
  const exact = `${new Intl.NumberFormat('en').format(bytes)} bytes`;
  return bytes < 1e4
    ? exact
    : `${exact} (${bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`})`;
}

/** What a key does. */
export function useInWords(use: KeyUse): string {
  return use === 'attest'
    ? 'vouches for installed copies of the app, each of which signs with a key of its own'
    : 'signs the app’s requests';
}

/** Who can sign as the app, besides the app. */
export function holderInWords(use: KeyUse, holder: Holder): string {
  if (use === 'attest')
    return 'The key is on the partner’s server. Whoever works there, or breaks in there, can vouch for any program as a copy of this app.';
  switch (holder) {
    case 'embedded':
      return 'The key is inside the app. Anyone who has a copy of the app can take the key out and sign as this app.';
    case 'server':
      return 'The key is on the partner’s server. Whoever works there, or breaks in there, can sign as this app.';
    case 'hardware':
      return 'The key cannot leave the secure chip of one device. Whoever controls that device can sign as this app.';
  }
}

/** One sentence: what the vendor says by signing an entry. */
export function entryInWords({ app, partner, customers, capabilities, expires }: Entry): string {
  const where = customers === 'all' ? 'every customer' : countOf(customers.length, 'customer');
  const what =
    capabilities.length === 0
      ? 'nothing that needs a capability'
      : countOf(capabilities.length, 'capability', 'capabilities');
  return `${app.name} by ${partner.name} may use the API at ${where}, with ${what}, until ${momentInWords(expires)}.`;
}

/** One sentence: what the vendor says by signing a licence. */
export function licenseInWords({ customer, deployments, partners, expires }: License): string {
  const whose =
    partners === 'all'
      ? 'the approved apps of every partner'
      : `the approved apps of ${countOf(partners.length, 'partner')}`;
  const where = deployments.length === 1 ? 'one server' : `${deployments.length} servers`;
  return `${customer.name} may admit ${whose} on ${where}, until ${momentInWords(expires)}.`;
}

/** What a grant opens, as plainly as it must be said. */
export function grantInWords({ customer, effect, expires }: Grant): string {
  const until = momentInWords(expires);
  switch (effect.kind) {
    case 'monitor':
      return `Until ${until}, the servers of ${customer.name} admit apps that nobody approved, and only report them.`;
    case 'breakGlass':
      return `Until ${until}, the servers of ${customer.name} admit every request, whoever sends it.`;
    case 'grace':
      return `Until ${until}, the servers of ${customer.name} go on with a stale allowlist for ${durationInWords(effect.grace)}.`;
  }
}

function countOf(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? `one ${one}` : `${count} ${many}`;
}
