import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { alsoWithHeader, digestField, headerOf, withHeader, type ToSign } from '../../test/http/sign.ts';
import { keyOf, nonceOf } from './keys.ts';
import { check, edited, noon, refusedRequest, requestInput, sign } from './request-case.ts';
import type { Made } from './vector-case.ts';
import type { World, WorldOptions } from './world.ts';

// What is wrong with a request itself (SPEC §10.1–§10.4, §10.6, §10.7, §10.9).

type Wrong = readonly [
  code: readonly [ReasonCode, number],
  name: string,
  about: string,
  spec: string,
  wrong: (right: RequestToCheck, world: World) => RequestToCheck,
  to?: Partial<ToSign>,
  options?: WorldOptions,
];

const json: readonly [string, string] = ['Content-Type', 'application/json'];
const user = { headers: [['Authorization', 'Bearer user-1']] } as const;
const cookie = { headers: [['Cookie', 'session=1']] } as const;
const body = { method: 'POST', target: '/orders', headers: [json], body: '{"n":1}' } as const;
const withSignature = (request: RequestToCheck, bytes: Uint8Array): RequestToCheck =>
  withHeader(request, 'Signature', `app=:${Buffer.from(bytes).toString('base64')}:`);

const wrong: readonly Wrong[] = [
  [
    ['proof_missing', 401],
    'unsigned',
    'The request is not signed.',
    '10.1',
    (request) => ({ ...request, headers: [] }),
  ],
  [
    ['proof_repeated', 401],
    'two-proofs',
    'Two signatures have our tag.',
    '10.1',
    (request) =>
      withHeader(
        request,
        'Signature-Input',
        `${headerOf(request, 'Signature-Input')}, b${headerOf(request, 'Signature-Input')}`,
      ),
  ],
  [
    ['proof_malformed', 401],
    'no-signature',
    'Signature-Input comes without Signature.',
    '10.1',
    (request) => withHeader(request, 'Signature', undefined),
  ],
  [
    ['proof_coverage', 401],
    'no-method',
    'The method is not covered.',
    '10.2',
    (request, world) =>
      sign(world, { cover: ['@target-uri', 'appwarrant-deployment'], target: request.target }),
  ],
  [
    ['header_repeated', 400],
    'authorization',
    'Authorization comes twice.',
    '10.2',
    (request) => alsoWithHeader(request, 'Authorization', 'Bearer user-2'),
    user,
  ],
  [
    ['header_malformed', 400],
    'line-end',
    'A value has a line end.',
    '10.2',
    (request) => alsoWithHeader(request, 'X-Split', 'a\r\nb'),
  ],
  [
    ['method_override', 400],
    'x-http-method-override',
    'X-HTTP-Method-Override is there.',
    '10.2',
    (request) => alsoWithHeader(request, 'X-HTTP-Method-Override', 'DELETE'),
  ],
  [
    ['method_malformed', 400],
    'space',
    'The method has a space.',
    '10.2',
    (request) => ({ ...request, method: 'GET /' }),
  ],
  [
    ['target_malformed', 400],
    'dot-segment',
    'The target has an encoded dot segment.',
    '10.4',
    (_, world) => sign(world, { target: '/orders/%2e%2e/users' }),
  ],
  [
    ['framing_ambiguous', 400],
    'length-and-coding',
    'Content-Length and Transfer-Encoding are both there.',
    '10.9',
    (request) => alsoWithHeader(request, 'Transfer-Encoding', 'chunked'),
    body,
  ],
  [
    ['body_incomplete', 400],
    'cut',
    'The body is shorter than announced.',
    '10.9',
    (request) => ({ ...request, body: Buffer.from('{"n"') }),
    body,
  ],
  [
    ['body_incomplete', 400],
    'forgotten',
    'A body is announced, and none is given.',
    '10.9',
    (request) => ({ method: request.method, target: request.target, headers: request.headers }),
    body,
  ],
  [
    ['body_incomplete', 400],
    'chunked-forgotten',
    'A body of unknown length is announced, and none is given, though its digest is that of nothing.',
    '10.9',
    (request) => request,
    {
      method: 'POST',
      headers: [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Digest', digestField('')],
      ],
    },
  ],
  [
    ['digest_mismatch', 401],
    'body-unannounced',
    'No body is announced, and one is given.',
    '10.9',
    (request) => ({ ...request, body: Buffer.from('x') }),
    { method: 'POST' },
  ],
  [
    ['digest_mismatch', 401],
    'other-body',
    'The body is another of the same length.',
    '10.1',
    (request) => ({ ...request, body: Buffer.from('{"n":2}') }),
    body,
  ],
  [
    ['digest_mismatch', 401],
    'other-authorization',
    "The user's credential is another.",
    '10.1',
    (request) => withHeader(request, 'Authorization', 'Bearer user-2'),
    user,
  ],
  [
    ['digest_mismatch', 401],
    'authorization-taken-away',
    "The digest of the user's credential comes without it.",
    '10.1',
    (request) => withHeader(request, 'Authorization', undefined),
    user,
  ],
  [
    ['proof_malformed', 401],
    'digest-of-other-algorithm',
    'The digest of the credential is of another algorithm alone.',
    '10.1',
    (_, world) =>
      sign(world, {
        headers: [
          ['Authorization', 'a'],
          ['Authorization-Digest', 'sha-512=:AAAA:'],
        ],
      }),
  ],
  [
    ['proof_malformed', 401],
    'digest-of-three-bytes',
    'The SHA-256 of the body is said to be three bytes.',
    '10.1',
    (_, world) => sign(world, { ...body, headers: [json, ['Content-Digest', 'sha-256=:AQID:']] }),
    body,
  ],
  [
    ['proof_malformed', 401],
    'digest-malformed-without-its-field',
    'Authorization-Digest is malformed, and comes without Authorization: its form is judged first.',
    '10.1',
    (_, world) => sign(world, { headers: [['Authorization-Digest', 'sha-256=:AQID:']] }),
    user,
  ],
  [
    ['proof_coverage', 401],
    'cookie-of-server',
    'A cookie is not covered, and the build is for servers.',
    '10.7',
    (_, world) => uncovered(world),
    cookie,
  ],
  [
    ['wrong_deployment', 401],
    'other',
    'It is signed for another deployment.',
    '10.6',
    (_, world) => sign(world, { deployment: keyOf('other deployment').thumbprint }),
  ],
  [
    ['app_not_approved', 403],
    'unknown-key',
    'It is signed by a key that no entry lists.',
    '10.6',
    (_, world) => sign(world, { key: keyOf('unknown') }),
  ],
  [
    ['signature_invalid', 401],
    'other-method',
    'The method is another.',
    '10.6',
    (request) => ({ ...request, method: 'DELETE' }),
  ],
  [
    ['signature_invalid', 401],
    'target-spelled-otherwise',
    'The target has another spelling of the same path.',
    '10.4',
    (request) => ({ ...request, target: '/%6frders?open=1' }),
  ],
  [
    ['signature_invalid', 401],
    'other-origin',
    'It is signed for another origin of the same server.',
    '10.4',
    (_, world) => sign(world, { origin: 'https://erp.customer.example:8443' }),
  ],
  [
    ['signature_invalid', 401],
    'other-nonce',
    'The nonce was replaced after signing.',
    '10.6',
    (request) => edited(request, /nonce="[^"]*"/, `nonce="${nonceOf('other')}"`),
  ],
  [
    ['signature_invalid', 401],
    'zeros',
    'The signature is all zeros.',
    '10.6',
    (request) => withSignature(request, Buffer.alloc(64)),
  ],
  [
    ['signature_invalid', 401],
    'other-key',
    'Another key signed under the keyid.',
    '10.6',
    (_, world) => sign(world, { key: { ...keyOf('unknown'), thumbprint: world.key.thumbprint } }),
  ],
];

export function requestProofCases(): Made[] {
  return [
    ...wrong.map(([code, name, about, spec, change, to, options]) =>
      refusedRequest(
        code,
        name,
        about,
        [spec],
        (defect, world) => {
          const right = rightFor(name, world, to);
          return requestInput(world, [check(defect(right, change(rightAs(world, to), world)))]);
        },
        { ...(options && { options }) },
      ),
    ),
    withBase(),
  ];
}

/** What is right beside what is wrong: for what nobody can give after an announcement, the same announcement with its body. */
function rightFor(name: string, world: World, to: Partial<ToSign> | undefined): RequestToCheck {
  if (name !== 'chunked-forgotten') return rightAs(world, to);
  return sign(world, { method: 'POST', headers: [['Transfer-Encoding', 'chunked']], body: 'x' });
}

function rightAs(world: World, to: Partial<ToSign> | undefined): RequestToCheck {
  const { key: _, ...rest } = to ?? {};
  return sign(world, rest);
}

/** A refusal of the signature tells the base that the server computed. */
function withBase(): Made {
  const keyid = keyOf('app').thumbprint;
  return refusedRequest(
    ['signature_invalid', 401],
    'tells-the-base',
    'The path is another: the refusal tells the base that the server computed, so that a client sees the line that differs.',
    ['11'],
    (defect, world) => {
      const right = sign(world, { target: '/orders' });
      return requestInput(world, [check(defect(right, { ...right, target: '/users' }))]);
    },
    {
      members: {
        base: [
          '"@method": GET',
          '"@target-uri": https://erp.customer.example/users',
          `"appwarrant-deployment": ${keyOf('deployment').thumbprint}`,
          `"@signature-params": ("@method" "@target-uri" "appwarrant-deployment");created=${String(noon)};nonce="${nonceOf('request')}";keyid="${keyid}";tag="app-attestation"`,
        ].join('\n'),
        serverTime: noon,
      },
    },
  );
}

/** A request with a cookie that its proof says nothing of. */
function uncovered(world: World): RequestToCheck {
  return alsoWithHeader(sign(world), 'Cookie', 'session=1');
}
