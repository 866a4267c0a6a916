import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { makeKey, signRequest, withHeader, type ToSign } from '../http/sign.ts';
import { day } from '../compose/vendor.ts';
import { contentOf, makeSite, nextBundle, start } from '../state/site.ts';
import { expectNarrow, fileWith, install, type Installed } from './program.ts';

type Check = {
  check: string;
  outcome: string;
  code: string | null;
  page: string | null;
  facts: Record<string, string>;
};
type Explanation = {
  type: string;
  admitted: boolean;
  code: string | null;
  at: string;
  atIs: string;
  checks: Check[];
  notes: string[];
  app: unknown;
};

const secrets = ['Bearer secret-user', 'session=secret-cookie'];

/** A site with a loaded bundle, and a client of its approved app. */
function open(site = makeSite()): { installed: Installed; sign: (to?: Partial<ToSign>) => RequestToCheck } {
  const installed = install(site);
  start(installed.site).load(nextBundle(installed.site));
  const { key, origin, deployment } = installed.site;
  const created = Math.floor(Date.now() / 1000);
  return { installed, sign: (to = {}) => signRequest({ key, origin, deployment, created, ...to }) };
}

/** A request as an HTTP server receives it. */
function message({ method, target, headers, body }: RequestToCheck, end = '\r\n'): Uint8Array {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(lines.join(end), 'latin1'), body ?? new Uint8Array()]);
}

function order(sign: (to?: Partial<ToSign>) => RequestToCheck): RequestToCheck {
  return sign({
    method: 'POST',
    headers: [
      ['Content-Type', 'application/json'],
      ['Authorization', secrets[0] as string],
      ['Cookie', secrets[1] as string],
    ],
    body: '{"item":"gauze"}',
  });
}

function explain(
  { run }: Installed,
  content: string | Uint8Array,
  args: readonly string[] = [],
): Explanation {
  const { stdout, stderr } = run(['explain', fileWith(content), '--json', ...args]);
  expect(stderr).toBe('');
  for (const secret of secrets) expect(stdout).not.toContain(secret.slice(-8));
  return JSON.parse(stdout) as Explanation;
}

function outcomes({ checks }: Explanation): string[] {
  return checks.map(({ outcome }) => outcome);
}

const names = [
  'allowlist',
  'head',
  'proof',
  'coverage',
  'deployment',
  'time',
  'key',
  'cookie',
  'credentials',
  'content',
  'signature',
  'nonce',
];

describe('explain', () => {
  test('says of an approved request that every check passes, but for the nonce, which the server alone knows', () => {
    const { installed, sign } = open();
    const saved = message(order(sign));
    const told = explain(installed, saved);
    expect(told).toMatchObject({
      type: 'appwarrant/explanation/1',
      admitted: true,
      code: null,
      atIs: 'created',
    });
    expect(told.checks.map(({ check }) => check)).toEqual(names);
    expect(outcomes(told)).toEqual([...names.slice(1).map(() => 'passed'), 'not judged here']);
    const run = installed.run(['explain', fileWith(saved)]);
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expectNarrow(run.stdout);
    for (const secret of secrets) expect(run.stdout).not.toContain(secret.slice(-8));
  });

  test.each<[check: string, code: string, change: (good: RequestToCheck) => RequestToCheck, fact: RegExp]>([
    ['head', 'target_malformed', (good) => ({ ...good, target: '/a/../b' }), /^$/],
    ['proof', 'proof_missing', (good) => withHeader(good, 'Signature-Input', undefined), /^$/],
    ['coverage', 'proof_coverage', (good) => withHeader(good, 'Content-Encoding', 'gzip'), /covered/],
    [
      'deployment',
      'wrong_deployment',
      (good) => withHeader(good, 'AppWarrant-Deployment', 'A'.repeat(43)),
      /expected/,
    ],
    [
      'credentials',
      'digest_mismatch',
      (good) => withHeader(good, 'Authorization', 'Bearer secret-user2'),
      /computed/,
    ],
    [
      'content',
      'digest_mismatch',
      (good) => ({ ...good, body: Buffer.from('{"item":"GAUZE"}') }),
      /computed.*received/,
    ],
    ['content', 'body_incomplete', (good) => ({ ...good, body: Buffer.from('{') }), /announced/],
    ['signature', 'signature_invalid', (good) => ({ ...good, target: '/elsewhere' }), /base/],
  ])('stops at the check %s with %s, and says what helps to find the fault', (check, code, change, fact) => {
    const { installed, sign } = open();
    const told = explain(installed, message(change(order(sign))));
    expect(told).toMatchObject({ admitted: false, code });
    const at = names.indexOf(check);
    expect(outcomes(told)).toEqual(
      names.map((_, i) => (i < at ? 'passed' : i === at ? 'refused' : 'not reached')),
    );
    expect(told.checks[at]).toMatchObject({ code, page: `dist/codes/${code}.md` });
    expect(Object.keys(told.checks[at]?.facts ?? {}).join()).toMatch(fact);
  });

  test('shows the base that the server computes, line by line, without what nobody should read', () => {
    const { installed, sign } = open();
    const good = sign({
      headers: [
        ['Authorization', secrets[0] as string],
        ['X-Api-Key', 'secret-key'],
      ],
      cover: ['@method', '@target-uri', 'appwarrant-deployment', 'authorization-digest', 'x-api-key'],
    });
    const run = installed.run(['explain', fileWith(message({ ...good, target: '/elsewhere' }))]);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain(`"@target-uri": ${installed.site.origin}/elsewhere\n`);
    expect(run.stdout).toContain('"x-api-key": (not shown)\n');
    expect(run.stdout).not.toMatch(/secret-(?:user|key)/);
    expect(run.stdout).toContain('help signature_invalid');
  });

  test('tells both digests where the body is another', () => {
    const { installed, sign } = open();
    const { checks } = explain(installed, message({ ...order(sign), body: Buffer.from('{"item":"GAUZE"}') }));
    const facts = checks.find(({ check }) => check === 'content')?.facts ?? {};
    expect(facts.computed).toMatch(/^sha-256=:.{44}:$/);
    expect(facts.received).toMatch(/^sha-256=:.{44}:$/);
    expect(facts.computed).not.toBe(facts.received);
  });

  test('judges as at the time that is given, else when it was received, else when it was created', () => {
    const created = Math.floor(Date.now() / 1000) - 3600;
    const { installed, sign } = open(makeSite({ now: created - 60 }));
    const { method, target, headers } = sign({ created });
    const saved = JSON.stringify({ method, target, headers, receivedAt: timeText(created + 100) });
    expect(explain(installed, saved)).toMatchObject({
      code: 'proof_stale',
      at: timeText(created + 100),
      atIs: 'received',
    });
    const at = ['--at', timeText(created + 5)];
    expect(explain(installed, saved, at)).toMatchObject({ admitted: true, atIs: 'given' });
    expect(explain(installed, saved, ['--at', 'now'])).toMatchObject({ code: 'proof_stale', atIs: 'now' });
    const { receivedAt: _, ...rest } = JSON.parse(saved) as { receivedAt: string };
    expect(explain(installed, JSON.stringify(rest))).toMatchObject({ admitted: true, atIs: 'created' });
    const run = installed.run(['explain', fileWith(saved), '--at', 'yesterday']);
    expect(run).toMatchObject({ status: 2, stdout: '' });
  });

  test('says what stands against every request now, though this one was admitted then', () => {
    const { installed, sign } = open();
    const saved = fileWith(message(sign()));
    const { stdout, status } = installed.run(['explain', saved], 61 * day);
    expect(status).toBe(0);
    expect(stdout).toContain('Note: Now every request is refused: allowlist_expired.');
  });

  test('reads a body in each way in which HTTP frames it, and a file that an editor has saved', () => {
    const { installed, sign } = open();
    const good = order(sign);
    const { method, target, headers, body = new Uint8Array() } = good;
    const json = { method, target, headers, body: Buffer.from(body).toString('base64') };
    expect(explain(installed, JSON.stringify(json)).admitted).toBe(true);
    expect(explain(installed, message(good, '\n')).admitted).toBe(true);
    expect(explain(installed, Buffer.concat([message(good), Buffer.from('\n')])).notes).toEqual([]);
    expect(explain(installed, Buffer.concat([message(good), Buffer.from('GET /')])).notes).toHaveLength(1);
    const chunked = sign({ method: 'PUT', headers: [['Transfer-Encoding', 'chunked']], body: 'hello world' });
    const chunks = Buffer.from('5;x=1\r\nhello\r\n6\r\n world\r\n0\r\n\r\n');
    expect(explain(installed, message({ ...chunked, body: chunks })).admitted).toBe(true);
    const broken = installed.run([
      'explain',
      fileWith(message({ ...chunked, body: chunks.subarray(0, 12) })),
    ]);
    expect(broken.status).toBe(2);
  });

  test.each([
    ['an empty file', ''],
    ['a picture', Buffer.from('89504e470d0a1a0a', 'hex')],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost erp\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n'],
    ['a JSON list', '{"method":"GET","target":"/","headers":[["a"]]}'],
    ['another member', '{"method":"GET","target":"/","headers":[],"url":"x"}'],
    ['a member twice', '{"method":"GET","method":"PUT","target":"/","headers":[]}'],
    ['a body that is no base64', '{"method":"GET","target":"/","headers":[],"body":"a"}'],
    ['a time of another form', '{"method":"GET","target":"/","headers":[],"receivedAt":"now"}'],
  ])('does not take %s for a saved request', (_what, content) => {
    const { installed } = open();
    const run = installed.run(['explain', fileWith(content)]);
    expect(run).toMatchObject({ status: 2, stdout: '' });
    expect(run.stderr).toContain('explain --help');
  });

  test('admits nothing: neither the folder nor a running server changes', () => {
    const { installed, sign } = open();
    const { site } = installed;
    const before = contentOf(site.folder);
    const request = order(sign);
    const saved = fileWith(message(request));
    for (let i = 0; i < 2; i += 1) expect(installed.run(['explain', saved]).status).toBe(0);
    expect(contentOf(site.folder)).toEqual(before);
    expect(readFileSync(saved)).toEqual(Buffer.from(message(request)));
  });

  test('says why there is nothing to judge by', () => {
    const installed = install();
    const file = fileWith('GET / HTTP/1.1\r\n\r\n');
    expect(installed.run(['explain', file]).stderr).toMatch(/^no_bundle: /);
  });

  test('names a stranger a stranger', () => {
    const { installed, sign } = open();
    const told = explain(installed, message(sign({ key: makeKey() })));
    expect(told).toMatchObject({ admitted: false, code: 'app_not_approved', app: null });
  });
});

function timeText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}
