import { NotUnderstood } from '../../src/cli/arguments.ts';
import { readLogged } from '../../src/cli/logged-request.ts';
import { readSavedRequest } from '../../src/cli/saved-request.ts';
import { redactHead } from '../../src/http/redacted-head.ts';
import { Refused } from '../../src/refused.ts';
import { requests } from '../corpus.ts';
import { bytesTarget, demand, latin1, refusing, type Target } from '../target.ts';

/** A request as a proxy or a person saves it. */
function messageOf({ method, target, headers, body }: ReturnType<typeof requests>[0]): string {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const chunked = headers.some(([name]) => name === 'Transfer-Encoding');
  const bytes = body === undefined ? '' : latin1(body);
  const framed = chunked ? `${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\n\r\n` : bytes;
  return `${lines.join('\r\n')}\r\n\r\n${framed}`;
}

function savedOf({ method, target, headers, body }: ReturnType<typeof requests>[0]): string {
  const encoded = body === undefined ? {} : { body: Buffer.from(body).toString('base64') };
  return JSON.stringify({ method, target, headers, ...encoded, receivedAt: '2030-01-02T00:00:00Z' });
}

/** The line of a log that tells of a refused request, by itself or within a line of another logger. */
function logLineOf(request: ReturnType<typeof requests>[0], index: number): string {
  const code = index % 2 === 0 ? 'signature_invalid' : 'digest_mismatch';
  const line = JSON.stringify({
    type: 'appwarrant/verdict/1',
    outcome: 'refused',
    code,
    says: 'It was refused.',
    at: '2030-01-02T00:00:00Z',
    request: redactHead(request, code),
  });
  return (
    [line, `2030-01-02T00:00:00Z stdout F ${line}`, JSON.stringify({ level: 30, log: line })][index % 3] ??
    line
  );
}

export const commandTargets: readonly Target[] = [
  bytesTarget({
    name: 'saved-request',
    parsers: ['cli/saved-request.readSavedRequest'],
    words: [
      '\r\n',
      '\n',
      '\r\n\r\n',
      ' HTTP/1.1',
      ': ',
      '\t',
      '  ',
      'Content-Length: 1',
      'Transfer-Encoding: chunked',
      '0\r\n',
      'ffffff\r\n',
      '{"method":"GET"',
      '"receivedAt":',
      '"body":"',
    ],
    seeds: () =>
      [...requests().map(messageOf), ...requests().map(savedOf)].map((text) => Buffer.from(text, 'latin1')),
    judge: (bytes) => {
      const saved = refusing(NotUnderstood, () => readSavedRequest(bytes));
      const { headers, method, body } = saved.request;
      demand(method.length + (body?.length ?? 0) <= bytes.length, 'holds no more than was saved');
      for (const pair of headers) demand(pair.length === 2, 'has pairs of name and value');
    },
  }),
  bytesTarget({
    name: 'log-line',
    parsers: ['cli/logged-request.readLogged'],
    words: [
      '"appwarrant/verdict/1"',
      '"code":"',
      '"request":{',
      '"headers":[',
      '"leftOut":',
      '"length":',
      '\n',
      '{"log":',
    ],
    seeds: () => requests().map((request, index) => Buffer.from(logLineOf(request, index), 'latin1')),
    judge: (bytes) => {
      const logged = refusing(NotUnderstood, () => readLogged(bytes));
      if (logged === null) throw new Refused('value_malformed');
      demand(Number.isSafeInteger(logged.at), 'has a time');
    },
  }),
];
