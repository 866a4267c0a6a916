import type { IncomingMessage, ServerResponse } from 'node:http';
import { sha256 } from '../../crypto.ts';
import { sendAnswer } from '../../http/node-answer.ts';
import { metricsContentType } from '../../metrics.ts';
import { codePage, statusPage } from './page.ts';
import type { Snapshot } from './snapshot.ts';
import { style } from './style.ts';

/** What the status page is made of. */
export type StatusSources = {
  readonly snapshot: () => Promise<Snapshot>;
  /** Why every request is refused; null where apps are admitted. */
  readonly problem: () => string | null;
  readonly metrics: () => string;
  readonly isEnding: () => boolean;
  readonly onFault: (error: unknown) => void;
};

/** Only its own style, by its digest; no script, nothing from elsewhere, in nobody's frame. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${Buffer.from(sha256(style)).toString('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

type Page = { readonly status: number; readonly type: string; readonly body: string };

const json = 'application/json; charset=utf-8';
const text = 'text/plain; charset=utf-8';
const page = 'text/html; charset=utf-8';

/** Answers whoever asks for the state of things; changes nothing. Never rejects. */
export async function answerOperator(
  sources: StatusSources,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { status, type, body } = await answerTo(sources, request);
    const headers: [string, string][] = [
      ['Content-Type', type],
      ['Content-Security-Policy', policy],
      ['X-Content-Type-Options', 'nosniff'],
      ['X-Frame-Options', 'DENY'],
      ['Referrer-Policy', 'no-referrer'],
      ['Cross-Origin-Resource-Policy', 'same-origin'],
      ['Cache-Control', 'no-store'],
      ...(status === 405 ? [['Allow', 'GET, HEAD'] as [string, string]] : []),
    ];
    sendAnswer(response, { status, headers, body: request.method === 'HEAD' ? '' : body });
  } catch (error) {
    sources.onFault(error);
    sendAnswer(response, { status: 500, headers: [], body: '' });
  }
}

async function answerTo(
  sources: StatusSources,
  { method, headers, url = '' }: IncomingMessage,
): Promise<Page> {
  // A page of somebody else's that has its name point here must not read what this one says.
  if (!isLocal(headers.host ?? ''))
    return { status: 421, type: text, body: 'Ask for it by a loopback address.\n' };
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, type: text, body: 'It is for reading only.\n' };
  const [path = ''] = url.split('?');
  switch (path) {
    case '/':
      return { status: 200, type: page, body: statusPage(await sources.snapshot()) };
    case '/status.json':
      return { status: 200, type: json, body: `${JSON.stringify(await sources.snapshot(), null, 2)}\n` };
    case '/metrics':
      return { status: 200, type: metricsContentType, body: sources.metrics() };
    case '/healthz':
      return { status: 200, type: text, body: 'ok\n' };
    case '/readyz':
      return ready(sources);
  }
  const code = /^\/codes\/([a-z_]{1,64})$/.exec(path)?.[1];
  const found = code === undefined ? null : codePage(code);
  return found === null
    ? { status: 404, type: text, body: 'There is nothing here.\n' }
    : { status: 200, type: page, body: found };
}

function ready({ problem, isEnding }: StatusSources): Page {
  const code = isEnding() ? 'closed' : problem();
  return { status: code === null ? 200 : 503, type: text, body: `${code ?? 'ok'}\n` };
}

function isLocal(host: string): boolean {
  return /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?$/i.test(host);
}
