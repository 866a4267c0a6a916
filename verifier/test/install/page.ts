import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

export const docs = join(import.meta.dirname, '../../../docs');

/** A fenced block of a page: what it is, what stands behind that on its first line, and its text without the list's indentation. */
export type Block = { readonly language: string; readonly about: string; readonly text: string };

export function readPage(name: string): string {
  return readFileSync(join(docs, name), 'utf8');
}

/** The fenced blocks of a page, in their order. */
export function blocksOf(page: string): readonly Block[] {
  return [...page.matchAll(/^( *)```(\w+)(?: ([^\n]+))?\n(.*?)^ *```$/gms)].map(
    ([, indent = '', language = '', about = '', text = '']) => ({
      language,
      about,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

/** The numbers of a page's steps: list items that begin a line. */
export function stepsOf(page: string): readonly number[] {
  return [...page.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
}

/** The links of a page to files of ours, without what stands behind a #. */
export function linksOf(page: string): readonly string[] {
  return [...page.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** The Node that runs the tests, and no network for npm, whose warnings about its own configuration are not the page's. */
const surroundings = {
  ...process.env,
  PATH: pathWith(dirname(process.execPath)),
  NODE_OPTIONS: '',
  npm_config_offline: 'true',
  npm_config_loglevel: 'error',
};

/** The folders of programs, with one before them. */
export function pathWith(folder: string): string {
  return [folder, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
}

export type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a block as a person would: in bash, ending at the first command that fails. */
export function run(text: string, cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', text], {
      cwd,
      env: { ...surroundings, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (status) => {
      resolve({ status, stdout, stderr });
    });
  });
}

/** Runs a program with these words, as a probe is run; gives its exit code. */
export function probe([program = '', ...words]: readonly string[]): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: surroundings, stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

/** Starts a block that is one command and goes on running; `ready` tells from what it has written that it serves. */
export async function startBlock(
  text: string,
  cwd: string,
  ready: (written: string) => boolean | Promise<boolean>,
  env: Readonly<Record<string, string>> = {},
) {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', `exec ${text.trim()}`], {
    cwd,
    env: { ...surroundings, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const take = (chunk: Buffer) => void (written += chunk.toString());
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  for (let tries = 0; !(await ready(written)); tries += 1) {
    if (child.exitCode !== null || tries > 6000) {
      child.kill('SIGKILL');
      throw new Error(`It does not serve: ${text}\n${written}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    written: () => written,
    /** Asks it to end, as a service manager does; gives the exit code. */
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
