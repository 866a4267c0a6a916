import { canonical } from '@appwarrant/verifier/formats/browser';
import { sha256Hex } from './digest.ts';
import { readCount, readList, readObject, readOneOf, readText, readTime } from './read.ts';
import { WillNotSign } from './will-not-sign.ts';

// The statements of verifier/SPEC.md §3, read so strictly that everything in them is shown.

interface Named {
  readonly id: string;
  readonly name: string;
}

export type Holder = 'server' | 'embedded' | 'hardware';
export type KeyUse = 'request' | 'attest';

/** A public key of an app: its JWK, what it is for, and who holds the private half. */
interface Identity {
  readonly key: { readonly crv: 'P-256'; readonly kty: 'EC'; readonly x: string; readonly y: string };
  readonly use: KeyUse;
  readonly holder: Holder;
}

interface Dates {
  /** Unix seconds. */
  readonly issued: number;
  readonly validFrom: number;
  readonly expires: number;
}

export interface Entry extends Dates {
  readonly kind: 'entry';
  readonly partner: Named;
  readonly app: Named;
  readonly build: { readonly id: string; readonly version: string; readonly platform: string };
  readonly identities: readonly Identity[];
  readonly capabilities: readonly string[];
  readonly assurance: Holder;
  readonly customers: 'all' | readonly string[];
  readonly review: string;
}

export interface License extends Dates {
  readonly kind: 'licence';
  readonly customer: Named;
  readonly deployments: readonly { readonly id: string; readonly origins: readonly string[] }[];
  readonly partners: 'all' | readonly string[];
  /** Seconds. */
  readonly fresh: number;
  readonly grace: number;
}

export interface Grant extends Dates {
  readonly kind: 'grant';
  readonly customer: Named;
  readonly deployments: readonly string[];
  readonly effect:
    { readonly kind: 'monitor' | 'breakGlass' } | { readonly kind: 'grace'; readonly grace: number };
  readonly reason: string;
}

/** A statement: its place in the registry, the bytes that are signed, and what they say. */
export interface Statement {
  readonly registry: string;
  readonly environment: string;
  readonly role: string;
  readonly path: string;
  /** Bytes of the file that the statement is about. */
  readonly length: number;
  readonly sha256: string;
  readonly says: Entry | License | Grant;
  /** The canonical bytes: what the passkey signs, and nothing but them. */
  readonly bytes: Uint8Array;
  readonly text: string;
}

const SHA256 = /^[0-9a-f]{64}$/;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;

/** Reads a statement. Throws WillNotSign `malformed` or `misplaced`. */
export async function readStatement(value: unknown, at: string): Promise<Statement> {
  const whole = readObject(value, at, [
    'type',
    'kind',
    'registry',
    'environment',
    'role',
    'path',
    'length',
    'hashes',
    'custom',
  ]);
  readOneOf(whole.get('type'), `${at}.type`, ['appwarrant/approval/1']);
  const kind = readOneOf(whole.get('kind'), `${at}.kind`, ['entry', 'licence', 'grant']);
  const custom = whole.get('custom');
  const bytes = canonicalOf(value, at);
  const statement: Statement = {
    registry: readText(whole.get('registry'), `${at}.registry`, SHA256),
    environment: readText(whole.get('environment'), `${at}.environment`),
    role: readText(whole.get('role'), `${at}.role`),
    path: readText(whole.get('path'), `${at}.path`),
    length: readCount(whole.get('length'), `${at}.length`),
    sha256: readText(
      readObject(whole.get('hashes'), `${at}.hashes`, ['sha256']).get('sha256'),
      `${at}.sha256`,
      SHA256,
    ),
    says: readCustom(kind, custom, `${at}.custom`),
    bytes,
    text: new TextDecoder().decode(bytes),
  };
  await checkPlace(statement, custom, at);
  return statement;
}

function readCustom(
  kind: 'entry' | 'licence' | 'grant',
  custom: unknown,
  at: string,
): Entry | License | Grant {
  switch (kind) {
    case 'entry':
      return readEntry(custom, at);
    case 'licence':
      return readLicense(custom, at);
    case 'grant':
      return readGrant(custom, at);
  }
}

function readEntry(value: unknown, at: string): Entry {
  const members = readObject(value, at, [
    ...['kind', 'partner', 'app', 'build', 'identities', 'capabilities', 'assurance', 'customers', 'review'],
    ...DATES,
  ]);
  const build = readObject(members.get('build'), `${at}.build`, ['id', 'version', 'platform']);
  return {
    kind: readOneOf(members.get('kind'), `${at}.kind`, ['entry']),
    partner: readNamed(members.get('partner'), `${at}.partner`),
    app: readNamed(members.get('app'), `${at}.app`),
    build: {
      id: readText(build.get('id'), `${at}.build.id`),
      version: readText(build.get('version'), `${at}.build.version`),
      platform: readText(build.get('platform'), `${at}.build.platform`),
    },
    identities: readList(members.get('identities'), `${at}.identities`, readIdentity),
    capabilities: readList(members.get('capabilities'), `${at}.capabilities`, (item, at) =>
      readText(item, at),
    ),
    assurance: readOneOf(members.get('assurance'), `${at}.assurance`, HOLDERS),
    customers: readAllOrIds(members.get('customers'), `${at}.customers`),
    review: readText(members.get('review'), `${at}.review`, SHA256),
    ...readDates(members, at),
  };
}

function readLicense(value: unknown, at: string): License {
  const members = readObject(value, at, [
    ...['kind', 'customer', 'deployments', 'partners', 'fresh', 'grace'],
    ...DATES,
  ]);
  return {
    kind: readOneOf(members.get('kind'), `${at}.kind`, ['licence']),
    customer: readNamed(members.get('customer'), `${at}.customer`),
    deployments: readList(members.get('deployments'), `${at}.deployments`, (item, at) => {
      const deployment = readObject(item, at, ['id', 'origins']);
      return {
        id: readText(deployment.get('id'), `${at}.id`, THUMBPRINT),
        origins: readList(deployment.get('origins'), `${at}.origins`, (origin, at) => readText(origin, at)),
      };
    }),
    partners: readAllOrIds(members.get('partners'), `${at}.partners`),
    fresh: readCount(members.get('fresh'), `${at}.fresh`),
    grace: readCount(members.get('grace'), `${at}.grace`),
    ...readDates(members, at),
  };
}

function readGrant(value: unknown, at: string): Grant {
  const members = readObject(value, at, [
    ...['kind', 'customer', 'deployments', 'effect', 'reason'],
    ...DATES,
  ]);
  return {
    kind: readOneOf(members.get('kind'), `${at}.kind`, ['grant']),
    customer: readNamed(members.get('customer'), `${at}.customer`),
    deployments: readList(members.get('deployments'), `${at}.deployments`, (id, at) =>
      readText(id, at, THUMBPRINT),
    ),
    effect: readEffect(members.get('effect'), `${at}.effect`),
    reason: readText(members.get('reason'), `${at}.reason`),
    ...readDates(members, at),
  };
}

function readEffect(value: unknown, at: string): Grant['effect'] {
  if (typeof value === 'object' && value !== null && 'grace' in value) {
    const members = readObject(value, at, ['kind', 'grace']);
    return {
      kind: readOneOf(members.get('kind'), `${at}.kind`, ['grace']),
      grace: readCount(members.get('grace'), `${at}.grace`),
    };
  }
  const kind = readObject(value, at, ['kind']).get('kind');
  return { kind: readOneOf(kind, `${at}.kind`, ['monitor', 'breakGlass']) };
}

const DATES = ['issued', 'validFrom', 'expires'];
const HOLDERS = ['server', 'embedded', 'hardware'] as const;

function readDates(members: ReadonlyMap<string, unknown>, at: string): Dates {
  return {
    issued: readTime(members.get('issued'), `${at}.issued`),
    validFrom: readTime(members.get('validFrom'), `${at}.validFrom`),
    expires: readTime(members.get('expires'), `${at}.expires`),
  };
}

function readNamed(value: unknown, at: string): Named {
  const members = readObject(value, at, ['id', 'name']);
  return { id: readText(members.get('id'), `${at}.id`), name: readText(members.get('name'), `${at}.name`) };
}

function readAllOrIds(value: unknown, at: string): 'all' | readonly string[] {
  return value === 'all' ? 'all' : readList(value, at, (item, at) => readText(item, at));
}

function readIdentity(value: unknown, at: string): Identity {
  const members = readObject(value, at, ['kind', 'key', 'use', 'holder']);
  readOneOf(members.get('kind'), `${at}.kind`, ['key']);
  const key = readObject(members.get('key'), `${at}.key`, ['crv', 'kty', 'x', 'y']);
  return {
    key: {
      crv: readOneOf(key.get('crv'), `${at}.key.crv`, ['P-256']),
      kty: readOneOf(key.get('kty'), `${at}.key.kty`, ['EC']),
      x: readText(key.get('x'), `${at}.key.x`, THUMBPRINT),
      y: readText(key.get('y'), `${at}.key.y`, THUMBPRINT),
    },
    use: readOneOf(members.get('use'), `${at}.use`, ['request', 'attest']),
    holder: readOneOf(members.get('holder'), `${at}.holder`, HOLDERS),
  };
}

/** A statement counts only where it stands: what it says and where it stands must be the same thing (SPEC §3.2–3.4). */
async function checkPlace(statement: Statement, custom: unknown, at: string): Promise<void> {
  const { says, role, path, sha256, length } = statement;
  if (says.kind === 'entry') {
    const ofPartner = role === says.partner.id || new RegExp(`^${says.partner.id}-[1-9][0-9]*$`).test(role);
    if (ofPartner && path === `${role}/${says.app.id}/${sha256}`) return;
  } else {
    const bytes = canonicalOf(custom, at);
    const own = role === says.customer.id && path === `${role}/${says.kind}/${sha256}`;
    if (own && length === bytes.length && sha256 === (await sha256Hex(bytes))) return;
  }
  throw new WillNotSign(
    'misplaced',
    `What ${at} says does not belong at the place in the registry that it names.`,
  );
}

function canonicalOf(value: unknown, at: string): Uint8Array {
  try {
    // Whatever JSON cannot hold throws.
    return canonical(value as Parameters<typeof canonical>[0]);
  } catch (cause) {
    throw new WillNotSign(
      'malformed',
      `What the portal sent cannot be signed: ${at} is not canonical JSON.`,
      { cause },
    );
  }
}
