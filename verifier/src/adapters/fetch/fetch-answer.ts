import type { AccessHeaders } from '../../http/browser-access.ts';
import type { Answer } from '../../http/node-answer.ts';

/** An answer that no handler gives, as a response. */
export function responseOf({ status, headers, body }: Answer): Response {
  return new Response(body === '' ? null : body, {
    status,
    headers: [...headers].map(([name, value]) => [name, value]),
  });
}

/** The response with further header fields: itself, where its fields can be changed, and else a copy with the same body. */
export function withHeaders(response: Response, headers: AccessHeaders): Response {
  if (headers.length === 0) return response;
  try {
    setAll(response.headers, headers);
    return response;
  } catch (error) {
    // Redirects, and what came from `fetch`, have fields that nobody can change.
    if (!(error instanceof TypeError)) throw error;
    const { status, statusText } = response;
    const copy = new Response(response.body, { status, statusText, headers: response.headers });
    setAll(copy.headers, headers);
    return copy;
  }
}

function setAll(into: Headers, headers: AccessHeaders): void {
  for (const [name, value] of headers) {
    if (name === 'Vary') into.append(name, value);
    else into.set(name, value);
  }
}
