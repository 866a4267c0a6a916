import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Real nginx and real Caddy, from the system's packages, on loopback ports and in folders of their own.

/** The path of a program; undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/usr/bin'];
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Why tests with a program are skipped; undefined where it is there. */
export function missing(name: string): string | undefined {
  return findProgram(name) === undefined ? `${name} is not installed` : undefined;
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** nginx with this text in its `http` block. `await using` ends it. */
export async function startNginx(site: string, port: number) {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const config = [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    'worker_processes 1;',
    'daemon off;',
    `pid ${folder}/pid;`,
    `error_log ${folder}/error.log warn;`,
    'events { worker_connections 512; }',
    `http { access_log off; ${temporary.join(' ')}`,
    site,
    '}',
  ].join('\n');
  writeFileSync(join(folder, 'nginx.conf'), config);
  const args = ['-p', folder, '-e', `${folder}/error.log`, '-c', `${folder}/nginx.conf`];
  return running(findProgram('nginx') ?? '', args, port, folder, () =>
    readFileSync(join(folder, 'error.log'), 'utf8'),
  );
}

/** What nginx says of a configuration, without starting it. */
export function nginxSays(site: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-nginx-'));
  try {
    writeFileSync(join(folder, 'nginx.conf'), `pid ${folder}/pid;\nevents {}\nhttp {\n${site}\n}\n`);
    const { stderr } = spawnSync(
      findProgram('nginx') ?? '',
      ['-t', '-p', folder, '-c', `${folder}/nginx.conf`],
      {
        encoding: 'utf8',
      },
    );
    return stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Caddy with this Caddyfile. `await using` ends it. */
export async function startCaddy(site: string, port: number) {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-caddy-'));
  const file = join(folder, 'Caddyfile');
  writeFileSync(file, `{\n\tadmin off\n\tauto_https off\n\tstorage file_system ${folder}/data\n}\n${site}`);
  const args = ['run', '--config', file, '--adapter', 'caddyfile'];
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return running(findProgram('caddy') ?? '', args, port, folder, undefined, env);
}

async function running(
  program: string,
  args: readonly string[],
  port: number,
  folder: string,
  log?: () => string,
  env: NodeJS.ProcessEnv = process.env,
) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let isOver = false;
  void ended.then(() => (isOver = true));
  while (!(await answers(port))) {
    if (isOver) throw new Error(`${program} ended: ${errors}${log?.() ?? ''}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    port,
    errors: () => errors + (log?.() ?? ''),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
