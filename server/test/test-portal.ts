// A real portal for tests: its own data folder, SQLite file, keys and port, served over HTTP on this machine.

import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { canonical, thumbprint, type EcJwk } from '@appwarrant/verifier/formats';

import { createSoftwarePasskey, type SoftwarePasskey } from '../demo/software-passkey.ts';
import { readConfig, withPort, type Config } from '../src/config.ts';
import type { Context } from '../src/context.ts';
import { createPortal } from '../src/http/app.ts';
import { openLog } from '../src/log.ts';
import { invite } from '../src/people/invite.ts';
import { listen } from '../src/start/listen.ts';
import { openPortal } from '../src/start/open-portal.ts';
import type {
  App,
  Build,
  BuildAnswer,
  FlowAnswer,
  LinkAnswer,
  Partner,
  SessionAnswer,
  UploadAnswer,
} from '../src/api-types.ts';

export interface TestPortal {
  readonly context: Context;
  readonly origin: string;
  readonly dataDir: string;
  /** Moves the portal's clock ahead by seconds. */
  advance(seconds: number): void;
  /** A browser without a session. */
  browser(): Browser;
  /** Enrols a person with a passkey of their own, signed in. */
  enrol(link: string, name: string): Promise<TestPerson>;
  /** The first admin, or another one. */
  admin(name?: string): Promise<TestPerson>;
  close(): Promise<void>;
}

/** One person's browser: keeps its cookie, and names the portal as the page's origin. Problems are thrown. */
export interface Browser {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  delete(path: string): Promise<void>;
  /** The Cookie header that it sends. */
  cookie(): string | null;
  /** One request of any kind with this browser's cookie; problems are answers. */
  send(wanted: RawRequest): Promise<RawAnswer>;
}

/** The portal said no. */
export class TestProblem extends Error {
  readonly answer: RawAnswer;
  constructor(answer: RawAnswer) {
    super(`${answer.status} ${answer.code}: ${answer.text}`);
    this.answer = answer;
  }
}

export interface TestPerson {
  readonly id: string;
  readonly name: string;
  readonly client: Browser;
  readonly passkey: SoftwarePasskey;
}

export interface PortalOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly config?: Partial<Config>;
}

/** Starts a portal that `close` ends and removes. */
export async function startTestPortal({
  environment = {},
  config: change = {},
}: PortalOptions = {}): Promise<TestPortal> {
  const dataDir = mkdtempSync(join(tmpdir(), 'appwarrant-portal-'));
  const config = {
    ...readConfig(
      { PORT: '0', APPWARRANT_DATA: dataDir, ...environment },
      { home: dataDir, sources: '/nowhere', readFile: () => '' },
    ),
    ...change,
  };
  const listening = await listen(config);
  let shift = 0;
  const now = () => Math.floor(Date.now() / 1000) + shift;
  const { context, close } = await openPortal(withPort(config, listening.port), {
    now,
    log: openLog('silent'),
  });
  listening.serve(createPortal(context).callback());
  const { origin } = context.config;

  const enrol = async (link: string, name: string): Promise<TestPerson> => {
    const client = openBrowser(portal);
    const token = new URL(link).hash.slice(1);
    const { flow, options } = await client.post<FlowAnswer>(`/api/v1/invitations/${token}/options`, { name });
    const passkey = createSoftwarePasskey(new URL(origin).hostname);
    const { challenge, user } = options as { challenge: string; user: { id: string } };
    const response = passkey.register({ challenge, origin, userHandle: user.id });
    const { person } = await client.post<SessionAnswer>(`/api/v1/invitations/${token}/accept`, {
      flow,
      name,
      response,
    });
    return { id: person.id, name, client, passkey };
  };

  const portal: TestPortal = {
    context,
    origin,
    dataDir,
    advance: (seconds) => {
      shift += seconds;
    },
    browser: () => openBrowser(portal),
    enrol,
    admin: async (name = 'Ada Admin') => {
      const { link } = await invite(context, { kind: 'admin', name }, { actor: null, now: now() });
      return enrol(link, name);
    },
    close: async () => {
      await listening.drain(0);
      await close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return portal;
}

function openBrowser(portal: TestPortal): Browser {
  let cookie: string | null = null;
  const send = async (wanted: RawRequest): Promise<RawAnswer> => {
    const answer = await raw(portal, { cookie, ...wanted });
    for (const line of answer.headers['set-cookie'] ?? []) cookie = line.split(';')[0] ?? null;
    return answer;
  };
  const json = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const content = body === undefined ? {} : { type: 'application/json', body: JSON.stringify(body) };
    const answer = await send({ method, path, ...content });
    if (answer.status >= 400) throw new TestProblem(answer);
    return (answer.text === '' ? undefined : JSON.parse(answer.text)) as T;
  };
  return {
    get: (path) => json('GET', path),
    post: (path, body = {}) => json('POST', path, body),
    put: (path, body) => json('PUT', path, body),
    delete: (path) => json('DELETE', path),
    cookie: () => cookie,
    send,
  };
}

/** A partner with one signed-in person and one app. */
export interface TestPartner {
  readonly partner: Partner;
  readonly person: TestPerson;
  readonly app: App;
}

/** Makes a partner, its first person and its first app. */
export async function makePartner(portal: TestPortal, admin: TestPerson, name: string): Promise<TestPartner> {
  const partner = await admin.client.post<Partner>('/api/v1/partners', { name });
  const { link } = await admin.client.post<LinkAnswer>('/api/v1/invitations', {
    kind: 'partner',
    name: `Person of ${name}`,
    partnerId: partner.id,
  });
  const person = await portal.enrol(link, `Person of ${name}`);
  const app = await person.client.post<App>('/api/v1/apps', {
    slug: 'orders',
    name: `Orders of ${name}`,
    platform: 'server',
    capabilities: ['orders:read', 'orders:write'],
  });
  return { partner, person, app };
}

/** A new key pair, and what proves its possession for an app. */
export function makeKey(portal: TestPortal, app: App) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const key: EcJwk = { crv: 'P-256', kty: 'EC', x, y };
  const prove = (place: { registry: string; partner: string; app: string }) => {
    const claim = canonical({ type: 'appwarrant/key-proof/1', ...place, key: thumbprint(key) });
    return sign('sha256', claim, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  };
  const { registry } = portal.context.repository;
  return { key, prove, keyProof: prove({ registry, partner: app.partner.id, app: app.slug }) };
}

/** Uploads bytes as this person's browser does. */
export async function uploadBytes(person: TestPerson, bytes: Uint8Array): Promise<UploadAnswer['upload']> {
  const type = 'application/octet-stream';
  const answer = await person.client.send({ method: 'POST', path: '/api/v1/uploads', type, body: bytes });
  if (answer.status >= 400) throw new TestProblem(answer);
  return (JSON.parse(answer.text) as UploadAnswer).upload;
}

/** Uploads bytes and submits them with a new key. */
export async function submitBuild(
  portal: TestPortal,
  { person, app }: Pick<TestPartner, 'person' | 'app'>,
  bytes: Uint8Array = Buffer.from(`a build ${Math.random()}`),
  version = '1.0.0',
  wishes: { readonly use?: 'request' | 'attest' } = {},
): Promise<Build> {
  const { id } = await uploadBytes(person, bytes);
  const { key, keyProof } = makeKey(portal, app);
  const { build } = await person.client.post<BuildAnswer>(`/api/v1/apps/${app.id}/builds`, {
    upload: id,
    version,
    key,
    keyProof,
    holder: 'server',
    capabilities: ['orders:read'],
    customers: 'all',
    ...wishes,
  });
  return build;
}

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly host?: string;
  /** null: no Origin header; the portal's own where it is not given. */
  readonly origin?: string | null;
  readonly cookie?: string | null;
  readonly type?: string;
  readonly body?: string | Uint8Array;
  /** A body without a Content-Length. */
  readonly chunked?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Buffer;
  /** Of a problem. */
  readonly code: string | undefined;
}

/** One request, exactly as it is given. */
export async function raw(portal: TestPortal, wanted: RawRequest): Promise<RawAnswer> {
  const { origin = portal.origin, cookie = null, type, body } = wanted;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: portal.context.config.port,
        method: wanted.method,
        path: wanted.path,
        headers: {
          host: wanted.host ?? new URL(portal.origin).host,
          ...(origin === null ? {} : { origin }),
          ...(cookie === null ? {} : { cookie }),
          ...(type === undefined ? {} : { 'content-type': type }),
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
          ...wanted.headers,
        },
      },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.once('error', reject);
        incoming.once('end', () => {
          const bytes = Buffer.concat(parts);
          const text = bytes.toString('utf8');
          const isProblem = String(incoming.headers['content-type']).startsWith('application/problem+json');
          const code = isProblem ? (JSON.parse(text) as { code: string }).code : undefined;
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, bytes, code });
        });
      },
    );
    // The portal may answer and close before a body that it refuses has been sent.
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    outgoing.end(body ?? wanted.chunked);
  });
}

/** The code of the problem that this comes to. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof TestProblem) return error.answer.code ?? 'no code';
    throw error;
  }
  return 'no problem';
}
