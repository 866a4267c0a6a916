/** Where a Redis or Valkey server listens, and as whom to talk to it. */
export type RedisAddress = {
  readonly at:
    { readonly host: string; readonly port: number; readonly tls: boolean } | { readonly path: string };
  /** Null where it asks for none; the user is `default` where the address names a password only. */
  readonly account: { readonly user: string; readonly password: string } | null;
  /** The number of the database. */
  readonly database: number;
};

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`, `rediss://` and the same for TLS, or `unix:/path/of/the/socket`. `password`, which may
 * come from a file, stands in for the one of the address. Throws `TypeError`, whose message does not repeat the address: a password may stand in it.
 */
export function parseRedisAddress(text: string, password: string | null = null): RedisAddress {
  const ofDefault = password === null ? null : { user: 'default', password };
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (!path.startsWith('/') || path.includes('\0')) throw malformed();
    return { at: { path }, account: ofDefault, database: 0 };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:';
  if (!isRedis || url.hostname === '' || url.search !== '' || url.hash !== '') throw malformed();
  const database = /^\/?(\d{0,4})$/.exec(url.pathname)?.[1];
  if (database === undefined) throw malformed();
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const secret = password ?? decoded(url.password);
  const user = decoded(url.username);
  if (secret === '' && user !== '') throw malformed();
  return {
    at: { host, port: url.port === '' ? 6379 : Number(url.port), tls: url.protocol === 'rediss:' },
    account: secret === '' ? null : { user: user === '' ? 'default' : user, password: secret },
    database: Number(database),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed();
  }
}

function malformed(): TypeError {
  return new TypeError(
    'The address of Redis is redis://[user:password@]host[:port][/database], rediss://… for TLS, or unix:/path.',
  );
}
