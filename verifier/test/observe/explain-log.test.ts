import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotUnderstood } from '../../src/cli/arguments.ts';
import { readLogged } from '../../src/cli/logged-request.ts';
import { standIn } from '../../src/http/redacted-head.ts';
import { verdictLine } from '../../src/log-line.ts';
import { Refused } from '../../src/refused.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { makeKey } from '../http/sign.ts';
import { makeSite } from '../state/site.ts';
import { fileWith, install, type Installed } from '../cli/program.ts';
import { signNow } from '../tricks/honest.ts';
import { watch, type Watched } from './watched.ts';

type Explained = {
  readonly code: string;
  readonly atIs: string;
  readonly admitted: boolean;
  readonly logged: { readonly at: string; readonly message: string; readonly again: string | null };
  readonly checks: readonly {
    readonly check: string;
    readonly outcome: string;
    readonly facts: Record<string, string>;
  }[];
};

/** A site whose package is installed, and whose server has told why it refused a request. */
function open(): Watched & {
  readonly installed: Installed;
  readonly refuse: (request: RequestToCheck) => string;
} {
  const site = makeSite();
  const installed = install(site);
  const watched = watch({ site });
  const refuse = (request: RequestToCheck): string => {
    expect(() => watched.verifier.check(request)).toThrow(Refused);
    return lastLine(watched);
  };
  return { ...watched, installed, refuse };
}

function lastLine({ told }: Pick<Watched, 'told'>): string {
  const verdict = told.at(-1);
  if (verdict === undefined) throw new Error('Nothing was told.');
  return verdictLine(verdict);
}

function explain({ run }: Installed, content: string): Explained {
  const done = run(['explain', fileWith(content), '--json']);
  expect(done.stderr).toBe('');
  return JSON.parse(done.stdout) as Explained;
}

const outcomes = ({ checks }: Explained) => checks.map(({ outcome }) => outcome);
const whereRefused = ({ checks }: Explained) => checks.find(({ outcome }) => outcome === 'refused')?.check;

describe('explain takes the line of a refused request', () => {
  test('and says of each check what came of it, and which a log cannot show', () => {
    const { site, installed, refuse } = open();
    const request = signNow(site, {
      method: 'POST',
      target: '/orders?patient=Miller',
      headers: [['Authorization', 'Bearer secret-user']],
      body: '{}',
    });
    const line = refuse({ ...request, target: '/order?patient=Miller' });
    const found = explain(installed, `${line}\n`);
    expect(found).toMatchObject({ code: 'signature_invalid', admitted: false, atIs: 'received' });
    expect(found.logged.again).toBe('signature_invalid');
    expect(outcomes(found)).toEqual([
      ...['passed', 'passed', 'passed', 'passed', 'passed', 'passed', 'passed', 'passed', 'passed'],
      ...['not judged here', 'refused', 'not reached'],
    ]);
    const base = found.checks.find(({ check }) => check === 'signature')?.facts.base ?? '';
    expect(base).toContain(`"@target-uri": ${site.origin}/order?patient=xxxxxx`);
    expect(base).toContain('"authorization-digest": (not in the log)');
    expect(base).toContain('"content-digest": (not in the log)');
    expect(base).toContain(`"appwarrant-deployment": ${site.deployment}`);

    const words = installed.run(['explain', fileWith(line)]);
    expect(words.status).toBe(1);
    expect(words.stdout).toContain('signature_invalid (401), Signature invalid.');
    expect(words.stdout).toContain('REFUSED: signature_invalid, as it was then.');
    expect(words.stdout).not.toContain('Miller');
    expect(words.stdout).not.toContain('secret');
  });

  test.each([
    [
      'digest_mismatch',
      'content',
      (of: Watched) => ({ ...signNow(of.site, { method: 'POST', body: '{}' }), body: Buffer.from('[]') }),
    ],
    [
      'digest_mismatch',
      'credentials',
      (of: Watched) => {
        const request = signNow(of.site, { headers: [['Authorization', 'Bearer a']] });
        return {
          ...request,
          headers: request.headers.map(([n, v]) => [n, n === 'Authorization' ? 'Bearer b' : v] as const),
        };
      },
    ],
    ['app_not_approved', 'key', (of: Watched) => signNow(of.site, { key: makeKey() })],
    [
      'proof_stale',
      'time',
      (of: Watched) => signNow(of.site, { created: Math.floor(Date.now() / 1000) - 120 }),
    ],
    ['proof_missing', 'proof', () => ({ method: 'GET', target: '/', headers: [] })],
    ['target_malformed', 'head', (of: Watched) => ({ ...signNow(of.site), target: '/a/../b?c=d' })],
    ['wrong_deployment', 'deployment', (of: Watched) => signNow(of.site, { deployment: 'A'.repeat(43) })],
    ['proof_coverage', 'coverage', (of: Watched) => signNow(of.site, { cover: ['@method'] })],
  ])('%s, refused at the check "%s"', (code, check, make) => {
    const opened = open();
    const found = explain(opened.installed, opened.refuse(make(opened)));
    expect(found).toMatchObject({ code, logged: { again: code } });
    expect(whereRefused(found)).toBe(check);
  });

  test('and of a nonce that was used, of which only the server knew', () => {
    const { site, verifier, installed, refuse } = open();
    const request = signNow(site);
    verifier.check(request);
    const found = explain(installed, refuse(request));
    expect(found).toMatchObject({ code: 'replayed', logged: { again: 'replayed' } });
    expect(whereRefused(found)).toBe('nonce');
  });

  test('and says that what was refused then would pass now, once the vendor has approved it', () => {
    const { site, installed, refuse } = open();
    const line = refuse(signNow(site, { key: makeKey() }));
    const keyid = /keyid=\\"([^"\\]+)/.exec(line)?.[1] ?? '';
    // As if that key had been approved since: the line names the approved one.
    const { key } = site;
    const found = explain(installed, line.replace(keyid, key.thumbprint));
    expect(found).toMatchObject({ code: 'app_not_approved', logged: { again: null } });
    expect(installed.run(['explain', fileWith(line.replace(keyid, key.thumbprint))]).stdout).toContain(
      'it was app_not_approved then. Every check',
    );
  });

  test('from standard input, the last one of many, whatever a logger has put around them', () => {
    const { site, verifier, told, installed, refuse } = open();
    const first = refuse({ method: 'GET', target: '/first', headers: [] });
    const second = refuse({ method: 'GET', target: '/second', headers: [] });
    verifier.check(signNow(site));
    const entry = JSON.parse(second) as object;
    const shapes = [
      second,
      JSON.stringify({ level: 40, time: 1795338000123.5, pid: 1, hostname: 'a', ...entry, msg: 'refused' }),
      JSON.stringify({ level: 'warn', message: 'refused', verdict: entry }),
      `2026-11-22T09:00:00.000000000Z stderr F ${second}`,
      `Nov 22 09:00:00 host erp[7]: ${second}`,
      JSON.stringify({ log: `${second}\n`, stream: 'stderr' }),
      JSON.stringify({ log: JSON.stringify({ msg: 'refused', verdict: entry }), stream: 'stderr' }),
      JSON.stringify(entry, null, 2),
    ];
    for (const shape of shapes) {
      const log = shape.startsWith('{\n')
        ? shape
        : ['the server has started', first, '', shape, lastLine({ told }), '{"cut off', ''].join('\n');
      expect(readLogged(Buffer.from(log))?.head.target, shape).toBe('/second');
    }
    const args = ['explain', '-', '--state', site.folder, '--origin', site.origin, '--json'];
    const program = join(installed.package, 'src', 'cli.ts');
    const input = `${first}\n${second}\n`;
    const done = spawnSync(process.execPath, [program, ...args], { input, encoding: 'utf8' });
    expect(JSON.parse(done.stdout)).toMatchObject({ code: 'proof_missing', target: '/second' });
  });

  test.each([
    ['only admitted requests', (line: string) => line.replace(/"request":\{.*\}\}?/, '"request":null}')],
    ['a code that nobody knows', (line: string) => line.replace('"proof_missing"', '"made_up"')],
    ['no time', (line: string) => line.replace(/"at":"[^"]+"/, '"at":"now"')],
    [
      'a length that would fill the memory',
      (line: string) => line.replace(/"targetLength":\d+/, '"targetLength":1e15'),
    ],
    ['headers that are none', (line: string) => line.replace('"headers":[]', '"headers":[5]')],
  ])('but none of %s', (_, change) => {
    const { installed, refuse } = open();
    const line = change(refuse({ method: 'GET', target: '/', headers: [] }));
    expect(() => JSON.parse(line) as unknown).not.toThrow();
    const done = installed.run(['explain', fileWith(line)]);
    expect(done.status).toBe(2);
  });

  test.each([
    ['identity_header_forged', 'the sidecar refuses that before any check'],
    ['capability_missing', 'the route refuses that behind the checks'],
  ])('and claims of %s, which is refused outside of the checks, no change since', (code, says) => {
    const { site, installed, refuse } = open();
    const { key } = site;
    const line = refuse(signNow(site, { key: makeKey() }))
      .replace(/keyid=\\"[^"\\]+/, `keyid=\\"${key.thumbprint}`)
      .replace('"app_not_approved"', `"${code}"`);
    const { stdout } = installed.run(['explain', fileWith(line)]);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`REFUSED: ${code}, as it was then: ${says}`);
    expect(stdout).not.toContain('something else has changed');
  });

  test.each([
    ['an empty file', ' \n', 'There is nothing to explain: it is empty.'],
    [
      'a log in text form',
      'Nov 22 09:00:00 host acme[7]: 2026-11-22T09:00:00.000Z WARN refused Sign it. code="proof_missing"\n',
      'Have serve write --log json.',
    ],
    [
      'a log of other events',
      'host acme[7]: {"at":"2026-11-22T09:00:00.000Z","level":"info","event":"ready","says":"It listens."}\n',
      'This log has no refused request.',
    ],
  ])('and says of %s what it is', (_, content, sentence) => {
    const done = open().installed.run(['explain', fileWith(content)]);
    expect(done).toMatchObject({ status: 2, stdout: '' });
    expect(done.stderr.replaceAll(/\s+/g, ' ')).toContain(sentence);
    expect(done.stderr).not.toContain('no saved request');
  });

  test('and still a saved request that happens to name the lines', () => {
    const { installed } = open();
    const saved = 'GET /?appwarrant/verdict/1 HTTP/1.1\r\nHost: a\r\n\r\n';
    const json = JSON.stringify({ method: 'GET', target: '/appwarrant/verdict/1', headers: [] });
    for (const content of [saved, json])
      expect(explain(installed, content)).toMatchObject({ code: 'proof_missing', logged: null });
  });
});

test('A line that was cut or changed anywhere is understood, or it is said that it is not', () => {
  const { site, refuse } = open();
  const whole = Buffer.from(refuse(signNow(site, { key: makeKey(), headers: [['Cookie', 'a=b']] })));
  const read = (bytes: Uint8Array): void => {
    try {
      const logged = readLogged(bytes);
      if (logged !== null) expect(standIn(logged.head).headers.length).toBeLessThan(300);
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
    }
  };
  for (let end = 0; end <= whole.length; end += 1) read(whole.subarray(0, end));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.string({ maxLength: 6 }), (at, byte, text) => {
      const changed = Buffer.from(whole);
      changed[at] = byte;
      read(changed);
      read(Buffer.concat([whole.subarray(0, at), Buffer.from(text), whole.subarray(at)]));
    }),
    { numRuns: 500 },
  );
});
