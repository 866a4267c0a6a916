import type { ServerResponse } from 'node:http';
import type { AccessHeaders } from './browser-access.ts';

/** An answer that no handler gives: to a refused request, or to a browser's preflight. */
export type Answer = { readonly status: number; readonly headers: AccessHeaders; readonly body: string };

/** Sets header fields; `Vary` is added to what is there. */
export function setHeaders(response: ServerResponse, headers: AccessHeaders): void {
  for (const [name, value] of headers) {
    if (name === 'Vary') addVary(response, value);
    else response.setHeader(name, value);
  }
}

/** Writes an answer whole, unless somebody has begun another. */
export function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.headersSent || response.writableEnded) return;
  setHeaders(response, headers);
  response.statusCode = status;
  if (body !== '') response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

function addVary(response: ServerResponse, value: string): void {
  const before = response.getHeader('Vary');
  const text = Array.isArray(before) ? before.join(', ') : String(before ?? '');
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  if (names.includes('*') || names.includes(value.toLowerCase())) return;
  response.setHeader('Vary', text === '' ? value : `${text}, ${value}`);
}
