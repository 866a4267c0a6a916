import type { Refused } from '../refused.ts';

/** An HTTP answer to a refused request (SPEC §11), for any server to send as it stands. */
export type ProblemAnswer = {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** JSON. */
  readonly body: string;
};

const signWhat =
  'app=("@method" "@target-uri" "appwarrant-deployment");created;nonce;keyid;tag="app-attestation"';

/** Problem details (RFC 9457): what was refused, why, and what to do. Contains no secret. */
export function answerTo(refused: Refused): ProblemAnswer {
  const { code, status, title, members } = refused;
  const headers: [string, string][] = [
    ['Content-Type', 'application/problem+json'],
    ['Cache-Control', 'no-store'],
  ];
  if (status === 401) {
    headers.push(['WWW-Authenticate', `AppAttestation error="${code}"`], ['Accept-Signature', signWhat]);
  }
  if (typeof members.challenge === 'string') {
    headers.push(['OAuth-Client-Attestation-Challenge', members.challenge]);
  }
  if (typeof members.retryAfter === 'number') headers.push(['Retry-After', String(members.retryAfter)]);
  const problem = {
    ...members,
    type: `urn:appwarrant:${code}`,
    title,
    status,
    detail: refused.message,
    code,
  };
  return { status, headers, body: JSON.stringify(problem) };
}
