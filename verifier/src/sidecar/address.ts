import { NotUnderstood } from '../cli/arguments.ts';

/** Where this program listens, or what it speaks to. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** The longest path of a socket, in bytes: every system takes it, with what is put behind it for a moment. */
const mostOfPath = 98;

/**
 * An address that only this machine reaches: `127.0.0.1:8080`, `[::1]:8080` or `unix:/run/…`. Names are not taken, for somebody else
 * decides what they mean. Throws `NotUnderstood`.
 */
export function readListen(option: string, text: string): Address {
  if (text.startsWith('unix:')) return unixAddress(option, text);
  const [, host, port] = /^(127(?:\.[0-9]{1,3}){3}|\[::1\]):([0-9]{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined || !isPort(port, 0))
    throw new NotUnderstood(
      `--${option} takes a loopback address such as 127.0.0.1:8080, or unix:/run/…: nobody else may reach it.`,
    );
  return { kind: 'tcp', host: bare(host), port: Number(port) };
}

/** The server that is protected: `http://HOST[:PORT]` or `unix:/run/…`. Throws `NotUnderstood`. */
export function readUpstream(text: string): Address {
  if (text.startsWith('unix:')) return unixAddress('upstream', text);
  const [, host, port = '80'] =
    /^http:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?\/?$/.exec(text) ?? [];
  if (host === undefined || !isPort(port, 1))
    throw new NotUnderstood('--upstream takes http://HOST:PORT without a path, or unix:/run/….');
  return { kind: 'tcp', host: bare(host), port: Number(port) };
}

/** An address as it is written. */
export function textOf(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  const { host, port } = address;
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}

function unixAddress(option: string, text: string): Address {
  const path = text.slice('unix:'.length);
  if (!path.startsWith('/') || /[\0-\x20\x7f]/.test(path) || path.endsWith('/'))
    throw new NotUnderstood(`--${option} takes unix: and an absolute path, without spaces.`);
  if (Buffer.byteLength(path) > mostOfPath)
    throw new NotUnderstood(`--${option}: the path of a socket has at most ${String(mostOfPath)} bytes.`);
  return { kind: 'unix', path };
}

function isPort(text: string, least: number): boolean {
  return Number(text) >= least && Number(text) <= 65_535;
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
