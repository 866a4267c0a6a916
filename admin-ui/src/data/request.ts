import { PortalProblem, problemOf } from './problem.ts';

// The one place of the pages that talks to the portal's API.

/** Fetches what `path` (below /api/v1) names. Throws PortalProblem, or an AbortError when `signal` aborts. */
export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return ask<Answer>(path, signal === undefined ? {} : { signal });
}

/** Sends `body` as JSON; an act that takes nothing sends an empty object. Throws PortalProblem. */
export async function send<Answer>(
  method: 'POST' | 'PUT',
  path: string,
  body: unknown = {},
): Promise<Answer> {
  return ask<Answer>(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Ends what `path` names. Throws PortalProblem. */
export async function remove(path: string): Promise<void> {
  await ask<undefined>(path, { method: 'DELETE' });
}

/** Where a file of the API is downloaded from. */
export function fileAddress(path: string): string {
  return `/api/v1${path}`;
}

/** A path with its parts encoded: ids come from the address bar, too. */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: parts }, ...values.map(encodeURIComponent));
}

/** Tells the shell when nobody is signed in any more; gives the problem back. */
export function noticeSignOut(problem: PortalProblem): PortalProblem {
  if (problem.code === 'no_session') document.dispatchEvent(new Event('appwarrant-signed-out'));
  return problem;
}

async function ask<Answer>(address: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(fileAddress(address), { ...init, credentials: 'same-origin' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
  if (!response.ok) throw noticeSignOut(problemOf(await response.json().catch(() => null), response.status));
  const text = await response.text();
  // The portal's own answer, of the type that the portal's sources give it.
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/** The problem of a portal that cannot be reached. */
export function unreachable(): PortalProblem {
  return new PortalProblem(
    'unreachable',
    'The portal does not answer',
    'Check that it is running, and that you are connected to it.',
  );
}
