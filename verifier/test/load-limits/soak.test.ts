import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeSoak, type Sample, type Soaked } from '../../bench/soak-verdict.ts';

const verifier = join(import.meta.dirname, '../..');

/** What was seen of a soak of ten minutes; live memory in MiB, by the half minute. */
function soaked(live: (i: number) => number, changes: Partial<Soaked> = {}): Soaked {
  const samples = Array.from({ length: 21 }, (_, i): Sample => ({
    at: 30 * i,
    answered: 60_000 * i,
    resident: 300 * 2 ** 20,
    live: live(i) * 2 ** 20,
    cpu: 12_000_000 * i,
    p50: 1,
    p99: 5,
    load: 1,
  }));
  return {
    seconds: 600,
    rate: 2000,
    answered: 1_200_000,
    late: 0,
    broken: 0,
    wrong: [],
    admittedTwice: 0,
    loads: 60,
    expected: { '200': 1_200_000 },
    samples,
    ...changes,
  };
}

describe('A soak', () => {
  test('passes when all is answered as it should be and memory is flat, once it has warmed up', () => {
    // Until nonces are forgotten, memory has to grow.
    const verdict = judgeSoak(soaked((i) => (i < 4 ? 30 + i : 45 + (i % 2))));
    expect(verdict.passed).toBe(true);
    expect(verdict.lines.at(-1)).toBe(
      'VERDICT: passed. Admitted twice: 0. Answered wrongly: 0. Connections broken: 0.',
    );
    expect(verdict.lines.join('\n')).toContain("200 µs of the server's processor time a request");
  });

  test.each<[string, Soaked]>([
    ['something was admitted twice', soaked(() => 40, { admittedTwice: 1 })],
    [
      'something was answered otherwise',
      soaked(() => 40, { wrong: [{ what: '200 became signature_invalid', count: 1 }] }),
    ],
    ['a connection broke', soaked(() => 40, { broken: 1 })],
    ['memory grows', soaked((i) => 40 + i)],
  ])('fails when %s', (_, seen) => {
    const verdict = judgeSoak(seen);
    expect(verdict.passed).toBe(false);
    expect(verdict.lines.at(-1)).toMatch(/^VERDICT: failed\./);
  });

  test('of some seconds passes: replays, forgeries and new bundles among what is served', () => {
    const args = ['bench/soak.ts', '--minutes', '0.25', '--rate', '200'];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: verifier, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toContain('VERDICT: passed.');
    expect(stdout).toMatch(/ replayed [0-9]/);
    expect(stdout).toMatch(/[1-9][0-9]* bundles were loaded meanwhile/);
    expect(status).toBe(0);
  }, 120_000);
});

test.skipIf(process.platform !== 'linux')(
  'Servers under load are measured with the verifier and without (it is Linux that tells what a process has used)',
  () => {
    const args = ['bench/bench.ts', 'servers', '--rounds', '1', '--seconds', '0.3', '--rate', '40', '--json'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: verifier, encoding: 'utf8' });
    expect(stderr).toBe('');
    const figures = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { case: string; value: number });
    const names = new Set(figures.map((figure) => figure.case.split(':')[0]));
    for (const kind of ['node', 'koa', 'express', 'fastify', 'fetch'])
      expect([...names]).toEqual(expect.arrayContaining([kind, `${kind}, protected`]));
    expect([...names]).toEqual(expect.arrayContaining(['sidecar, asked by nginx', 'sidecar, before node']));
    expect(figures.every(({ value }) => Number.isFinite(value))).toBe(true);
  },
  180_000,
);
