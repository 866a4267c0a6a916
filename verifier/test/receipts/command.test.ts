import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Receipt } from '../../src/http/receipt.ts';
import { expectCalm, expectNarrow, fileWith, install, type Installed } from '../cli/program.ts';
import { makeKey } from '../http/sign.ts';
import { nextBundle, start, temporaryFolder } from '../state/site.ts';
import { signNow } from '../tricks/honest.ts';
import { again, receiptOf, resigned } from './make-receipts.ts';

// The command as an operator or an auditor runs it: real processes of an installed package.

let installed: Installed;
let receipt: Receipt;
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

// Each test of the suite leaves its folders behind for one test only: everything is made anew.
function ready(): void {
  installed = install();
  const verifier = start(installed.site);
  verifier.load(nextBundle(installed.site));
  receipt = receiptOf(verifier, signNow(installed.site));
}

/** Runs the command without the site's options, with this as its standard input. */
function feed(args: readonly string[], input: string | Uint8Array) {
  const program = join(installed.package, 'src', 'cli.ts');
  const run = spawnSync(process.execPath, [program, 'receipt', 'verify', ...args], {
    input,
    encoding: 'utf8',
  });
  expectCalm(run);
  return run;
}

type Told = {
  count: number;
  verified: boolean;
  outcomes: { outcome: string; about: string; count: number; first: { line: number } }[];
  receipts: { line: number; outcome: string; code?: string }[] | null;
};

describe('receipt verify', () => {
  test('says of one receipt what it proves, and what it does not', () => {
    ready();
    const { status, stdout, stderr } = installed.run([
      'receipt',
      'verify',
      fileWith(JSON.stringify(receipt, null, 2)),
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expectNarrow(stdout);
    const text = stdout.replace(/\s+/g, ' ');
    expect(text).toContain(`VERIFIED line 1: The key ${receipt.keyid} of Orders 1.0.0`);
    expect(text).toContain('signed GET https://erp.customer.example/orders?open=1 for this deployment');
    expect(text).toContain('was in force at');
    expect(text).toContain('What none of them proves: - that the request was served');
    expect(text).toContain('receivedAt is the word of the server alone');
  });

  test('counts what became of many, tells where the first of each kind stands, and ends with 1', () => {
    ready();
    const { key } = installed.site;
    const good = Array.from({ length: 600 }, () => again(receipt, key));
    const forged = resigned(receipt, makeKey(), (base) => base);
    const file = fileWith(
      [
        ...good.slice(0, 300).map(line),
        line(forged),
        '\n',
        line(good[5]),
        'no json\n',
        `{"a":"${'x'.repeat(300_000)}"}\n`,
        ...good.slice(300).map(line),
        line({ ...receipt, versions: { ...receipt.versions, timestamp: 99 }, entry: 'a'.repeat(64) }),
      ].join(''),
    );
    const told = installed.json<Told>(['receipt', 'verify', file]);
    expect(told).toMatchObject({ count: 605, verified: false, receipts: null });
    expect(
      told.outcomes.map(({ outcome, about, count, first }) => [outcome, about, count, first.line]),
    ).toEqual([
      ['verified', 'inForce', 600, 1],
      ['failed', 'signature_invalid', 1, 301],
      ['failed', 'replayed', 1, 303],
      ['failed', 'json_malformed', 1, 304],
      ['failed', 'too_large', 1, 305],
      ['undecided', 'app_not_approved', 1, 606],
    ]);
    const { status, stdout } = installed.run(['receipt', 'verify', file]);
    expect(status).toBe(1);
    expectNarrow(stdout);
    expect(stdout).toMatch(/^VERIFIED +600 +the approval is in force +first at line 1$/m);
    expect(stdout).toMatch(/^UNDECIDED +1 +app_not_approved +first at line 606$/m);
  });

  test('says of a file that holds no receipt that it is another file, once', () => {
    ready();
    const { status, stdout } = installed.run(['receipt', 'verify', installed.bundleFile()]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^No line of \S+ is a receipt: it is another file/);
    expect(stdout).toContain('acme-verifier inspect says');
    expect(stdout).not.toContain('More:');
  });

  test('says of a receipt that comes twice that it was copied, and asks nobody to sign anew', () => {
    ready();
    const { stdout } = installed.run(['receipt', 'verify', fileWith(line(receipt).repeat(2))]);
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect(text).toContain('FAILED line 2: replayed. A receipt of the same key and nonce stands before it,');
    expect(text).not.toMatch(/sign every request/i);
  });

  test('writes what did not verify to a new file, with the line as it stood, and what it found of each to another', () => {
    ready();
    const forged = line(resigned(receipt, makeKey(), (base) => base)).trim();
    const file = fileWith(`${line(receipt)}${forged}\n{"a":\n`);
    const [failed, each] = ['failed', 'each'].map((name) => join(temporaryFolder(), name)) as [
      string,
      string,
    ];
    const args = ['receipt', 'verify', file, '--failed', failed, '--each', each];
    expect(installed.run(args).status).toBe(1);
    const read = (from: string) =>
      readFileSync(from, 'utf8')
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(read(failed)).toMatchObject([
      { line: 2, outcome: 'failed', code: 'signature_invalid', text: forged },
      { line: 3, outcome: 'failed', code: 'json_malformed', text: '{"a":' },
    ]);
    expect(read(each)).toMatchObject([
      {
        line: 1,
        outcome: 'verified',
        standing: 'inForce',
        proves: 'key',
        method: 'GET',
        keyid: receipt.keyid,
      },
      { line: 2, outcome: 'failed' },
      { line: 3, outcome: 'failed' },
    ]);
    if (process.platform !== 'win32') expect(statSync(failed).mode & 0o777).toBe(0o600);
    // A file that is there is not written over.
    const { status, stderr } = installed.run(args);
    expect(status).toBe(1);
    expect(stderr).toContain('there is one already');
  });

  test('takes several files, or standard input once, and what the sidecar hands on', () => {
    ready();
    const { folder, key } = installed.site;
    const packed = Buffer.from(JSON.stringify(again(receipt, key))).toString('base64url');
    const file = fileWith(line(receipt));
    const run = feed([file, '-', '--state', folder, '--json'], `${packed}\r\n`);
    expect(run.status).toBe(0);
    expect((JSON.parse(run.stdout) as Told).outcomes).toMatchObject([{ outcome: 'verified', count: 2 }]);
    expect(feed(['-', '-', '--state', folder], '')).toMatchObject({ status: 2 });
    expect(feed([], '')).toMatchObject({ status: 2 });
    const none = feed(['-', '--state', folder], '\n');
    expect(none.status).toBe(1);
    expect(none.stdout).toContain('There was no receipt.');
  });

  test('needs no state folder where a bundle is given: whoever has the package can verify', () => {
    ready();
    const bundle = installed.bundleFile();
    const run = feed(['-', '--bundle', bundle, '--json'], line(receipt));
    expect(JSON.parse(run.stdout)).toMatchObject({ verified: true, versions: { timestamp: 2 } });
    const without = feed(['-', '--state', join(temporaryFolder(), 'none'), '--json'], line(receipt));
    expect(JSON.parse(without.stdout)).toMatchObject({ code: 'not_activated' });
    const torn = fileWith(readFileSync(bundle).subarray(0, 5000));
    expect(JSON.parse(feed(['-', '--bundle', torn, '--json'], '').stdout)).toMatchObject({
      code: 'bundle_malformed',
    });
  });

  test('goes on whatever the lines hold, and lets nothing of them reach the terminal', () => {
    ready();
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    const hostile = [
      '\0\0\0',
      '\u001b]0;owned\u0007',
      deep,
      `{"__proto__":{}}`,
      'null',
      '5',
      '"text"',
      '[]',
      '{}',
      '{"type":"appwarrant/receipt/1"}',
      'eyJhIjox',
      '....',
      JSON.stringify({ ...receipt, base: '\u001b[2J' }),
      JSON.stringify({ ...receipt, base: `${receipt.base}\n\u202e` }),
      JSON.stringify({ ...receipt, keyid: { toString: 1 } }),
      JSON.stringify(receipt).replace('{', '{"base":"",'),
    ];
    const bytes = Buffer.concat([
      ...hostile.map((text) => Buffer.from(`${text}\n`)),
      Buffer.from([0xff, 0xfe, 0x0a, 0xef, 0xbb, 0xbf]),
      Buffer.from(line(receipt)),
      Buffer.from(line(receipt)),
    ]);
    const { folder } = installed.site;
    for (const json of [[], ['--json']]) {
      const { status, stdout } = feed(['-', '--state', folder, ...json], bytes);
      expect(status).toBe(1);
      expect(stdout).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\n]/u);
      if (json.length === 0) continue;
      const { outcomes, receipts } = JSON.parse(stdout) as Told;
      expect(outcomes.find(({ outcome }) => outcome === 'verified')?.count).toBe(1);
      expect(
        receipts?.every(({ outcome, code }) => outcome === 'verified' || /^[a-z0-9_]+$/.test(code ?? '')),
      ).toBe(true);
      expect(receipts).toHaveLength(hostile.length + 3);
    }
  });

  test('says what it is for', () => {
    ready();
    const { stdout, status } = installed.run(['receipt', 'verify', '--help']);
    expect(status).toBe(0);
    expectNarrow(stdout);
    expect(stdout).toContain('receipt verify FILE…');
    expect(feed(['/nowhere/at-all', '--state', installed.site.folder], '').stderr).toContain(
      'there is no such file',
    );
  });
});
