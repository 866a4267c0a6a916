import type { JsonObject } from '../../src/json.ts';
import { timeOf } from '../../src/time.ts';
import { alsoWithHeader, headerOf, withHeader } from '../../test/http/sign.ts';
import { approve } from '../../test/compose/vendor.ts';
import { digestOfTarget } from './found.ts';
import { keyOf, nonceOf } from './keys.ts';
import {
  acceptedRequest,
  challengeAt,
  challengeKey,
  check,
  noon,
  requestInput,
  sign,
  type Step,
} from './request-case.ts';
import type { Made } from './vector-case.ts';
import {
  addBuild,
  addGrant,
  day,
  makeWorld,
  newYear,
  partner,
  type World,
  type WorldOptions,
} from './world.ts';

// Requests that are admitted (SPEC §8, §10, §11).

const json: readonly [string, string] = ['Content-Type', 'application/json'];

/** One request at a world with these options. */
function one(
  name: string,
  about: string,
  spec: readonly string[],
  make: (world: World) => readonly Step[],
  facts: JsonObject | ((world: World) => JsonObject),
  options: WorldOptions = {},
  changes: JsonObject = {},
): Made {
  const world = makeWorld(options);
  const steps = make(world);
  return acceptedRequest(
    name,
    about,
    spec,
    requestInput(world, steps, changes),
    typeof facts === 'function' ? facts(world) : facts,
  );
}

export function requestAcceptedCases(): Made[] {
  return [
    ...verdicts(),
    ...bodies(),
    ...credentials(),
    ...builds(),
    ...times(),
    ...restarts(),
    ...clocks(),
    ...grants(),
  ];
}

function verdicts(): Made[] {
  return [
    one(
      'get',
      'A GET, with all that its verdict says.',
      ['11'],
      (world) => [check(sign(world))],
      (world) => ({
        kind: 'app',
        partner,
        app: 'orders',
        build: (world.entry.custom.build as JsonObject).id ?? '',
        instance: null,
        capabilities: ['orders:read', 'orders:write'],
        assurance: 'server',
        proves: 'key',
        cookie: 'none',
        freshness: 'fresh',
        allowlistAge: 3600,
        grant: null,
        entry: digestOfTarget(world, world.entry),
      }),
    ),
    one(
      'capability',
      'The route needs a capability that the build has.',
      ['10.10', '11'],
      (world) => [check(sign(world), noon, { require: 'orders:write' })],
      { kind: 'app' },
    ),
    one(
      'high-s',
      'The signature has the higher of s and n - s, which is as valid as the lower.',
      ['10.1'],
      (world) => [check(withHighS(sign(world)))],
      { kind: 'app' },
    ),
    one(
      'encoded-target',
      'The target has escapes, which are signed as they are.',
      ['10.4'],
      (world) => [check(sign(world, { target: '/orders/%7Ea%20b?x=%2e%2e/&y=//' }))],
      { kind: 'app' },
    ),
  ];
}

function bodies(): Made[] {
  return [
    one(
      'post',
      'A POST with a body and its type.',
      ['10.1'],
      (world) => [check(sign(world, { method: 'POST', headers: [json], body: '{"n":1}' }))],
      { kind: 'app' },
    ),
    one(
      'chunked',
      'A body of unknown length.',
      ['10.9'],
      (world) => [
        check(sign(world, { method: 'PUT', headers: [['Transfer-Encoding', 'chunked']], body: 'content' })),
      ],
      { kind: 'app' },
    ),
  ];
}

function credentials(): Made[] {
  const cookie: readonly [string, string] = ['Cookie', 'session=1'];
  const web = { entry: { build: { id: `b-${'w'.repeat(26)}`, version: '1.0.0', platform: 'web' as const } } };
  return [
    one(
      'user-and-cookie',
      'A user and a cookie, both covered through their digests.',
      ['10.1'],
      (world) => [check(sign(world, { headers: [['Authorization', 'Bearer user-1'], cookie] }))],
      { cookie: 'bound' },
    ),
    one(
      'credential-beyond-ascii',
      'A credential has bytes beyond ASCII, of which the digest is.',
      ['10.1'],
      (world) => [check(sign(world, { headers: [['Authorization', 'Basic \u00e4\u00ff']] }))],
      { kind: 'app' },
    ),
    one(
      'cookie-of-web',
      'A cookie is not covered: the build is for the web.',
      ['10.7'],
      (world) => [check(alsoWithHeader(sign(world), ...cookie))],
      { cookie: 'unbound' },
      web,
    ),
  ];
}

function builds(): Made[] {
  const dates = (from: string, until: string) => ({
    issued: timeOf(newYear),
    validFrom: from,
    expires: until,
  });
  return [
    one(
      'two-builds',
      'The key stands in two live builds: which of them signed is unproven, and both have to have a capability.',
      ['4.5', '11'],
      (world) => {
        approve(world.vendor, [
          addBuild(world.vendor, world.key, 'second', {
            capabilities: ['orders:read'],
            assurance: 'embedded',
          }),
        ]);
        return [check(sign(world))];
      },
      { build: 'unproven', capabilities: ['orders:read'], assurance: 'embedded' },
    ),
    one(
      'older-build-ended',
      'The key stands in two builds, of which one has ended: the other signed.',
      ['4.5', '8'],
      (world) => {
        approve(world.vendor, [
          addBuild(world.vendor, world.key, 'second', dates(timeOf(newYear), timeOf(noon))),
        ]);
        return [check(sign(world))];
      },
      (world) => ({ build: (world.entry.custom.build as JsonObject).id ?? '' }),
    ),
    one(
      'first-second',
      'The entry is valid from this second on.',
      ['8'],
      (world) => [check(sign(world))],
      { kind: 'app' },
      { entry: dates(timeOf(noon), timeOf(noon + 1)) },
    ),
    one(
      'last-second',
      'The entry ends in the next second.',
      ['8'],
      (world) => [check(sign(world))],
      { kind: 'app' },
      { entry: dates(timeOf(newYear), timeOf(noon + 1)) },
    ),
    one(
      'approved-again',
      'The app was revoked; the entry was issued a second after that.',
      ['5'],
      (world) => {
        world.vendor.revocations = [
          { subject: { kind: 'app', partner, app: 'orders' }, through: timeOf(newYear - 1) },
        ];
        return [check(sign(world))];
      },
      { kind: 'app' },
    ),
    one(
      'other-app-revoked',
      'The key stands under two apps, of which one is revoked.',
      ['4.5'],
      (world) => {
        const other = addBuild(world.vendor, world.key, 'other app', {
          app: { id: 'invoices', name: 'Invoices' },
        });
        approve(world.vendor, [other]);
        world.vendor.revocations = [
          { subject: { kind: 'artifact', digest: other.digest }, through: timeOf(newYear) },
        ];
        return [check(sign(world))];
      },
      { app: 'orders' },
    ),
  ];
}

function times(): Made[] {
  const challenged = (created: number, made: number) => ({
    created,
    nonce: `${challengeAt(made)}.${nonceOf('own')}`,
  });
  const own = { challengeKey };
  return [
    one(
      'created-60-s-ago',
      'It was created 60 s ago.',
      ['10.5'],
      (world) => [check(sign(world, { created: noon - 60 }))],
      { kind: 'app' },
    ),
    one(
      'created-30-s-ahead',
      'It is created 30 s from now.',
      ['10.5'],
      (world) => [check(sign(world, { created: noon + 30 }))],
      { kind: 'app' },
    ),
    one(
      'expires-next-second',
      'It expires in the next second.',
      ['10.3'],
      (world) => [check(sign(world, { parameters: expiring(world, noon + 1) }))],
      { kind: 'app' },
    ),
    one(
      'challenge',
      'Its nonce begins with a challenge of this second: when it was created does not matter.',
      ['10.5'],
      (world) => [check(sign(world, challenged(1000, noon)))],
      { kind: 'app' },
      {},
      own,
    ),
    one(
      'challenge-60-s-old',
      'Its nonce begins with a challenge that is 60 s old.',
      ['10.5'],
      (world) => [check(sign(world, challenged(noon + 86_400, noon - 60)))],
      { kind: 'app' },
      {},
      own,
    ),
    one(
      'same-nonce-of-two-keys',
      'Two keys use one nonce.',
      ['10.5'],
      (world) => {
        approve(world.vendor, [addBuild(world.vendor, keyOf('second'), 'second')]);
        return [check(sign(world)), check(sign(world, { key: keyOf('second') }))];
      },
      { kind: 'app' },
    ),
    one(
      'stale',
      'The allowlist is a second past fresh.',
      ['8'],
      (world) => [check(sign(world, { created: newYear + 30 * day + 1 }), newYear + 30 * day + 1)],
      { freshness: 'stale', allowlistAge: 30 * day + 1 },
    ),
  ];
}

function restarts(): Made[] {
  const restart = (nonces: 'kept' | 'lost', at: number): Step => ({ kind: 'restart', at, nonces });
  return [
    one(
      'after-restart',
      'The nonces were lost at a restart; the request was created 31 s after it.',
      ['10.8'],
      (world) => [restart('lost', noon - 1), check(sign(world, { created: noon + 30 }))],
      { kind: 'app' },
    ),
    one(
      'after-restart-by-challenge',
      'The nonces were lost at a restart; the request answers a challenge of the new process.',
      ['10.8'],
      (world) => [
        { kind: 'restart', at: noon, nonces: 'lost', challengeKey },
        check(sign(world, { nonce: `${challengeAt(noon)}.${nonceOf('own')}` })),
      ],
      { kind: 'app' },
    ),
    one(
      'after-restart-with-nonces',
      'The nonces were kept over a restart: what was created before it is admitted.',
      ['10.8'],
      (world) => [
        check(sign(world), noon),
        restart('kept', noon + 1),
        check(sign(world, { nonce: nonceOf('other') }), noon + 2),
      ],
      { kind: 'app' },
    ),
  ];
}

function clocks(): Made[] {
  return [
    one(
      'clock-300-s-behind',
      'The system clock is 300 s below the signed time: now is the signed time.',
      ['8'],
      (world) => [check(sign(world, { created: newYear }), newYear - 300)],
      { allowlistAge: 0 },
    ),
    one(
      'clock-set-back',
      'The clock was set back by 200 s; the monotonic clock says that 100 s have passed since the load, and that is now.',
      ['8'],
      (world) => [check(sign(world, { created: newYear + 100 - 60 }), newYear - 200, { passed: 100 })],
      { allowlistAge: 100 },
    ),
  ];
}

function grants(): Made[] {
  const granted = (world: World, ...effects: readonly ('monitor' | 'breakGlass')[]): string[] =>
    effects.map((kind) => {
      const expires = timeOf(newYear + day);
      const grant = addGrant(world.vendor, { effect: { kind }, expires });
      approve(world.vendor, [grant]);
      return digestOfTarget(world, grant);
    });
  const unsigned = { method: 'GET', target: '/orders', headers: [] };
  const withGrants = (
    name: string,
    about: string,
    effects: readonly ('monitor' | 'breakGlass')[],
    steps: (world: World) => readonly Step[],
    facts: (grants: readonly string[]) => JsonObject,
  ): Made => {
    const world = makeWorld();
    const digests = granted(world, ...effects);
    return acceptedRequest(name, about, ['10.10'], requestInput(world, steps(world)), facts(digests));
  };
  return [
    withGrants(
      'monitored',
      'A monitor grant is in force: what is not signed is admitted, and the verdict says why it would not be.',
      ['monitor'],
      () => [check(unsigned)],
      ([grant = '']) => ({ kind: 'monitored', refused: 'proof_missing', grant }),
    ),
    withGrants(
      'break-glass',
      'A break-glass grant counts before a monitor grant.',
      ['monitor', 'breakGlass'],
      () => [check(unsigned)],
      ([, grant = '']) => ({ kind: 'breakGlass', refused: 'proof_missing', grant }),
    ),
    withGrants(
      'granted-capability',
      'A monitor grant admits to what a capability is missing for.',
      ['monitor'],
      (world) => [check(sign(world), noon, { require: 'orders:delete' })],
      () => ({ kind: 'monitored', refused: 'capability_missing' }),
    ),
    withGrants(
      'approved-beside-a-grant',
      'A grant is in force, and the request needs none.',
      ['monitor'],
      (world) => [check(sign(world))],
      ([grant = '']) => ({ kind: 'app', grant }),
    ),
  ];
}

/** The parameters with an end. */
export function expiring(world: World, expires: number, created = noon): string {
  return `;created=${String(created)};expires=${String(expires)};nonce="${nonceOf('request')}";keyid="${world.key.thumbprint}";tag="app-attestation"`;
}

/** Of the two signatures that ECDSA has for the same r, s and n - s, the higher one. */
function withHighS(request: ReturnType<typeof sign>): ReturnType<typeof sign> {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytes = Buffer.from(headerOf(request, 'Signature').slice('app=:'.length, -1), 'base64');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const high = s < order - s ? order - s : s;
  const other = Buffer.from(high.toString(16).padStart(64, '0'), 'hex');
  return withHeader(
    request,
    'Signature',
    `app=:${Buffer.concat([bytes.subarray(0, 32), other]).toString('base64')}:`,
  );
}
