import { timeOf } from '../../src/time.ts';
import { nonceOf } from './keys.ts';
import {
  challengeAt,
  challengeKey,
  check,
  noon,
  refusedRequest,
  requestInput,
  sign,
  type Step,
} from './request-case.ts';
import { expiring } from './request-accepted-cases.ts';
import type { Made } from './vector-case.ts';
import { base64, newYear, type World } from './world.ts';

// When a proof was made, and that it was made once (SPEC §10.3, §10.5, §10.8).

const stale = ['proof_stale', 401] as const;
const replayed = ['replayed', 401] as const;
const beforeStart = ['proof_before_start', 401] as const;
const other = nonceOf('other');

export function requestTimeCases(): Made[] {
  return [...windows(), ...challenges(), ...nonces(), ...starts(), ...corrections()];
}

function windows(): Made[] {
  return [
    refusedRequest(stale, 'created-61-s-ago', 'It was created 61 s ago.', ['10.5'], (defect, world) =>
      requestInput(world, [check(sign(world, { created: noon - defect(60, 61) }))]),
    ),
    refusedRequest(
      ['proof_from_future', 401],
      'created-31-s-ahead',
      'It is created 31 s from now.',
      ['10.5'],
      (defect, world) => requestInput(world, [check(sign(world, { created: noon + defect(30, 31) }))]),
    ),
    refusedRequest(stale, 'expires-this-second', 'It expires in this second.', ['10.3'], (defect, world) =>
      requestInput(world, [
        check(sign(world, { parameters: expiring(world, noon + defect(1, 0), noon - 1) })),
      ]),
    ),
    refusedRequest(
      stale,
      'tells-a-challenge',
      'It was created long ago: the refusal carries a challenge to sign instead.',
      ['10.5', '11'],
      (defect, world) =>
        requestInput(world, [check(sign(world, { created: defect(noon, newYear) }))], { challengeKey }),
      { members: { challenge: challengeAt(noon), serverTime: noon } },
    ),
  ];
}

function challenges(): Made[] {
  const withChallenge = (world: World, challenge: string) =>
    check(sign(world, { created: 1000, nonce: `${challenge}.${nonceOf('own')}` }));
  const otherKey = base64(Buffer.alloc(32, 8));
  return [
    refusedRequest(stale, 'challenge-61-s-old', 'Its challenge is 61 s old.', ['10.5'], (defect, world) =>
      requestInput(world, [withChallenge(world, challengeAt(noon - defect(60, 61)))], { challengeKey }),
    ),
    refusedRequest(
      stale,
      'challenge-ahead',
      'Its challenge is of the next second.',
      ['10.5'],
      (defect, world) =>
        requestInput(world, [withChallenge(world, challengeAt(noon + defect(0, 1)))], { challengeKey }),
    ),
    refusedRequest(
      stale,
      'challenge-of-other-process',
      'Its challenge was made by another process.',
      ['10.5'],
      (defect, world) =>
        requestInput(world, [withChallenge(world, challengeAt(noon, defect(challengeKey, otherKey)))], {
          challengeKey,
        }),
    ),
    refusedRequest(
      stale,
      'challenge-expired-by-client',
      'Its challenge is new, but the proof itself has expired.',
      ['10.3', '10.5'],
      (defect, world) => {
        const parameters = expiring(world, noon + defect(1, 0), noon - 10).replace(
          /nonce="[^"]*"/,
          `nonce="${challengeAt(noon)}.${nonceOf('own')}"`,
        );
        return requestInput(world, [check(sign(world, { parameters }))], { challengeKey });
      },
    ),
    refusedRequest(
      replayed,
      'challenge',
      'An answer to a challenge is given twice.',
      ['10.5'],
      (defect, world) => {
        const own = (label: string) =>
          check(sign(world, { created: 1000, nonce: `${challengeAt(noon)}.${nonceOf(label)}` }));
        return requestInput(world, [own('own'), own(defect('other', 'own'))], { challengeKey });
      },
    ),
  ];
}

function nonces(): Made[] {
  const twice = (name: string, about: string, second: (world: World, nonce: string) => Step) =>
    refusedRequest(replayed, name, about, ['10.5'], (defect, world) =>
      requestInput(world, [check(sign(world)), second(world, defect(other, nonceOf('request')))]),
    );
  return [
    twice('same-request', 'The same request comes twice.', (world, nonce) => check(sign(world, { nonce }))),
    twice('other-request', 'Another request has the nonce of one that was admitted.', (world, nonce) =>
      check(sign(world, { nonce, target: '/users' })),
    ),
    refusedRequest(
      replayed,
      'last-second',
      'The same request comes again in the last second of its window, 90 s later.',
      ['10.5'],
      (defect, world) => {
        const request = sign(world, { created: noon + 30 });
        const again = sign(world, { created: noon + 30, nonce: defect(other, nonceOf('request')) });
        return requestInput(world, [check(request), check(again, noon + 90)]);
      },
    ),
    refusedRequest(
      replayed,
      'after-restart',
      'The same request comes again after a restart at which the nonces were kept.',
      ['10.8'],
      (defect, world) => {
        const again = sign(world, { nonce: defect(other, nonceOf('request')) });
        return requestInput(world, [
          check(sign(world)),
          { kind: 'restart', at: noon + 5, nonces: 'kept' },
          check(again, noon + 10),
        ]);
      },
    ),
  ];
}

function starts(): Made[] {
  const after = (
    name: string,
    about: string,
    spec: readonly string[],
    make: Parameters<typeof refusedRequest>[4],
    members = {},
  ) => refusedRequest(beforeStart, name, about, spec, make, { members });
  return [
    after(
      '30-s-after-the-start',
      'The process began without the nonces of before, and the request was created 30 s after that.',
      ['10.8'],
      (defect, world) =>
        requestInput(world, [check(sign(world, { created: noon + 30 }))], {
          startedAt: timeOf(noon - defect(1, 0)),
        }),
      { createdAfter: noon + 30, serverTime: noon },
    ),
    after(
      'after-restart',
      'The nonces were lost at a restart, and the request was created before it.',
      ['10.8'],
      (defect, world) =>
        requestInput(world, [
          check(sign(world, { nonce: other })),
          { kind: 'restart', at: noon + 5, nonces: defect('kept' as const, 'lost' as const) },
          check(sign(world), noon + 10),
        ]),
      { createdAfter: noon + 35 },
    ),
    after(
      'second-restart',
      'The nonces were lost at a restart, and the next came 10 s later: what it was left is not all that was used.',
      ['10.8'],
      (defect, world) =>
        requestInput(world, [
          check(sign(world, { nonce: other })),
          { kind: 'restart', at: noon, nonces: defect('kept' as const, 'lost' as const) },
          { kind: 'restart', at: noon + 10, nonces: 'kept' },
          check(sign(world, { created: noon + 35 }), noon + 20),
        ]),
      { createdAfter: noon + 40 },
    ),
    refusedRequest(
      stale,
      'expired-before-start',
      'The proof has expired, and was created before the start: that it has expired is told.',
      ['10.5', '10.8'],
      (defect, world) => {
        const [created, expires] = defect([noon + 30, noon + 31], [noon - 10, noon]);
        const parameters = expiring(world, expires, created);
        return requestInput(world, [check(sign(world, { parameters }))], { startedAt: timeOf(noon - 1) });
      },
    ),
    refusedRequest(
      stale,
      'challenge-of-before-restart',
      'The nonces were lost at a restart; the request answers a challenge of the process before.',
      ['10.5', '10.8'],
      (defect, world) => {
        const otherKey = base64(Buffer.alloc(32, 8));
        const restart: Step = {
          kind: 'restart',
          at: noon,
          nonces: 'lost',
          challengeKey: defect(challengeKey, otherKey),
        };
        return requestInput(
          world,
          [restart, check(sign(world, { created: 1000, nonce: `${challengeAt(noon)}.${nonceOf('own')}` }))],
          { challengeKey },
        );
      },
    ),
  ];
}

/** A clock that goes back. The monotonic clock says that an hour has passed since the load, whatever the system clock shows. */
function corrections(): Made[] {
  const next = (world: World, created: number, label: string) =>
    sign(world, { created, nonce: nonceOf(label) });
  return [
    refusedRequest(
      stale,
      'clock-goes-back-a-little',
      'The clock went back by 30 s: the window stays where it was.',
      ['10.5'],
      (defect, world) =>
        requestInput(world, [
          check(next(world, noon + 61, 'first'), noon + 61, { passed: 3600 }),
          check(next(world, noon + defect(1, 0), 'second'), noon + 31, { passed: 0 }),
        ]),
    ),
    refusedRequest(
      ['proof_from_future', 401],
      'clock-goes-back-a-little',
      'The clock went back by 30 s: the upper end of the window goes back with it.',
      ['10.5'],
      (defect, world) =>
        requestInput(world, [
          check(next(world, noon + 61, 'first'), noon + 61, { passed: 3600 }),
          check(next(world, noon + 61 + defect(0, 1), 'second'), noon + 31, { passed: 0 }),
        ]),
    ),
    refusedRequest(
      stale,
      'clock-goes-back-over-a-restart',
      'The clock went back by 30 s, and a restart kept the nonces: the window stays where it was, and so do challenges.',
      ['10.5', '10.8'],
      (defect, world) =>
        requestInput(
          world,
          [
            check(next(world, noon + 61, 'first'), noon + 61, { passed: 3600 }),
            { kind: 'restart', at: noon + 31, passed: 0, nonces: 'kept', challengeKey },
            check(next(world, noon + defect(1, 0), 'second'), noon + 31),
          ],
          { challengeKey },
        ),
      { members: { challenge: challengeAt(noon + 61), serverTime: noon + 31 } },
    ),
    refusedRequest(
      beforeStart,
      'clock-corrected',
      'The clock was 301 s ahead and is set right: the window begins anew, as after a restart.',
      ['10.5'],
      (defect, world) => {
        const ahead = noon + defect(0, 301);
        return requestInput(world, [
          check(next(world, ahead, 'first'), ahead, { passed: 3600 }),
          check(next(world, noon + 30, 'second'), noon, { passed: 0 }),
        ]);
      },
    ),
  ];
}
