import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeSite, nextBundle, temporaryFolder, type Site } from '../state/site.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';

const clock = join(import.meta.dirname, 'move-clock.mjs');

/** A vendor's installed package and one of its customers' servers, driven by real processes. */
export type Installed = {
  readonly site: Site;
  readonly package: string;
  /** Writes the site's next bundle to a file. */
  readonly bundleFile: () => string;
  /** Runs the program with the site's state folder and origin; `by` moves its clock, in seconds. */
  readonly run: (args: readonly string[], by?: number) => Run;
  /** The same with `--json`, and gives what it printed. */
  readonly json: <T = Record<string, unknown>>(args: readonly string[], by?: number) => T;
};

export type Run = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Installs the vendor's package at a site; nothing is loaded yet. */
export function install(site: Site = makeSite()): Installed {
  const folder = makePackage(site.vendor);
  const run = (args: readonly string[], by?: number): Run => {
    const [command = '', ...rest] = args;
    const all = [command, ...rest, '--state', site.folder, '--origin', site.origin];
    const done =
      by === undefined ? runProgram(folder, all) : runProgram(folder, all, clock, { CLOCK_BY: String(by) });
    expectCalm(done);
    return done;
  };
  return {
    site,
    package: folder,
    bundleFile: () => fileWith(nextBundle(site)),
    run,
    json: <T>(args: readonly string[], by?: number): T =>
      JSON.parse(run([...args, '--json'], by).stdout) as T,
  };
}

/** A file with this content, in a folder of its own. */
export function fileWith(content: string | Uint8Array, name = 'file'): string {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

/** Whatever happens: no stack, no control character, and nothing but the codes that are documented. */
export function expectCalm({ status, stdout, stderr }: Run): void {
  const written = stdout + stderr;
  expect(written).not.toMatch(/\n {4}at /);
  expect(written).not.toMatch(/[^\P{Cc}\n]/u);
  expect([0, 1, 2], written).toContain(status);
}

/** For people: no line is longer than 100 characters, but for a word that cannot be folded. */
export function expectNarrow(text: string): void {
  for (const line of text.split('\n')) {
    const words = line.trim().split(' ');
    if (Array.from(line).length > 100)
      expect(
        words.filter((word) => word.length > 40),
        line,
      ).not.toEqual([]);
  }
}
