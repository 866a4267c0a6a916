import { SdkError } from './sdk-error.ts';

/** A request of which every signed part is settled: what is signed is what is sent. */
export interface PreparedRequest {
  readonly method: string;
  /** Without fragment, and without an empty query, which platforms send differently. */
  readonly url: URL;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer> | null;
  /** Everything else that the caller asked of `fetch`. */
  readonly rest: RequestInit;
}

/** Fields that the sdk writes itself. */
const ours = ['signature', 'signature-input'];

/**
 * Settles what `fetch(input, init)` would send: method, address, header fields and the body as bytes, with the Content-Type
 * that `fetch` would have given it. Relative addresses are resolved against `base`.
 *
 * Throws `body_is_a_stream`, `body_over_limit`, `request_unsignable`; TypeError where `fetch` would.
 */
export async function prepareRequest(
  input: RequestInfo | URL,
  init: RequestInit | undefined,
  { base, maxBodyBytes }: { base: string | undefined; maxBodyBytes: number },
): Promise<PreparedRequest> {
  const given = input instanceof Request ? input : null;
  const url = new URL(
    given !== null ? given.url : (input as string | URL),
    base ?? globalThis.location?.href,
  );
  url.hash = '';
  if (url.search === '') url.search = '';

  const content = await readBody(given, init, maxBodyBytes);
  // A Request settles the method's spelling, and drops the fields that this platform does not let an app send.
  const shape = new Request(url, {
    method: init?.method ?? given?.method ?? 'GET',
    headers: init?.headers ?? given?.headers ?? {},
  });
  const headers = new Headers(shape.headers);
  const repeated = ours.find((name) => headers.has(name));
  if (repeated !== undefined) {
    throw new SdkError(
      'request_unsignable',
      `The request already has a ${repeated} field, and the proof needs it.`,
    );
  }
  if (content.type !== null && !headers.has('content-type')) headers.set('content-type', content.type);
  return { method: shape.method, url, headers, body: content.bytes, rest: { ...restOf(given), ...init } };
}

type Content = { readonly bytes: Uint8Array<ArrayBuffer> | null; readonly type: string | null };

async function readBody(
  given: Request | null,
  init: RequestInit | undefined,
  limit: number,
): Promise<Content> {
  const body = init?.body ?? null;
  if (
    body instanceof ReadableStream ||
    (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
  ) {
    throw new SdkError('body_is_a_stream', 'The body is a stream.');
  }
  if (body instanceof Blob && body.size > limit) throw overLimit(limit);
  if (body === null && (given === null || given.body === null)) return { bytes: null, type: null };
  // A Response serialises every kind of body once, with its Content-Type: a form gets its boundary here and nowhere else.
  const carrier = body === null ? (given as Request) : new Response(body);
  const bytes = new Uint8Array(await carrier.arrayBuffer());
  if (bytes.length > limit) throw overLimit(limit);
  // A body of no bytes is no body to the verifier; its Content-Type would only be left uncovered.
  return {
    bytes: bytes.length === 0 ? null : bytes,
    type: bytes.length === 0 ? null : carrier.headers.get('content-type'),
  };
}

function overLimit(limit: number): SdkError {
  return new SdkError('body_over_limit', `The body is larger than ${limit} bytes.`);
}

/** What a Request says beyond what is signed. Its credentials mode is left out: the default cannot be told from a choice. */
function restOf(given: Request | null): RequestInit {
  if (given === null) return {};
  const { signal, cache, integrity, keepalive, mode, referrerPolicy } = given;
  return { signal, cache, integrity, keepalive, referrerPolicy, ...(mode === 'navigate' ? {} : { mode }) };
}
