import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** A program that the story started, and only that: it is ended by its handle, never by a name. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves with the first line, of either stream, that matches; rejects when the program ends before. */
  line(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Asks the program to end and waits until it has; the exit code, or 128 when a signal ended it. */
  stop(): Promise<number>;
  output(): string;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly cwd: string;
  /** Added to a small environment of PATH and HOME: nothing else of ours leaks into the programs of the story. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

function environment(place: Place): Record<string, string> {
  const { PATH = '', HOME = '', SystemRoot = '' } = process.env;
  return { PATH, HOME, ...(SystemRoot === '' ? {} : { SystemRoot }), ...place.env };
}

const running = new Set<ChildProcess>();

/** Ends at once whatever still runs: for a story that is cut short. What they hold lies in its temporary folder. */
export function killWhatRuns(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Runs a program to its end. Rejects only when it cannot be started. */
export function runToEnd(program: string, args: readonly string[], place: Place): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { cwd: place.cwd, env: environment(place), stdio: 'pipe' });
    running.add(child);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve({
        code: code ?? 128,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    child.stdin.end(place.input ?? '');
  });
}

/** Starts a program that stays. */
export function startProgram(program: string, args: readonly string[], place: Place): Running {
  const child = spawn(program, [...args], {
    cwd: place.cwd,
    env: environment(place),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let text = '';
  const listeners = new Set<() => void>();
  const notify = (chunk?: Buffer): void => {
    text += chunk?.toString() ?? '';
    for (const listener of [...listeners]) listener();
  };
  child.stdout.on('data', notify);
  child.stderr.on('data', notify);
  let failure: Error | null = null;
  child.once('error', (error) => {
    failure = error;
    notify();
  });
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve(code ?? 128);
      notify();
    });
  });

  return {
    child,
    output: () => text,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = text
            .split('\n')
            .map((line) => pattern.exec(line))
            .find((match) => match !== null);
          const over = failure !== null || child.exitCode !== null || child.signalCode !== null;
          if (found === undefined && !over) return;
          listeners.delete(look);
          if (found !== undefined) resolve(found);
          else
            reject(
              new Error(`${program} ${args.join(' ')} ended before it said ${String(pattern)}:\n${text}`),
            );
        };
        listeners.add(look);
        look();
      }),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      return ended;
    },
  };
}
