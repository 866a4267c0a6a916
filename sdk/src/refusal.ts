/** What a verifier answered to a request that it refused (SPEC §11), as far as the sdk acts on it or shows it. */
export interface Refusal {
  /** A reason of the verifier, for example `app_not_approved`. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** The deployment that the server says it is; null when it does not say. */
  readonly deployment: string | null;
  /** The server's time in whole seconds since 1970; null when it does not say. */
  readonly serverTime: number | null;
  /** For `proof_before_start`: proofs must be created later than this time, in seconds. */
  readonly createdAfter: number | null;
  /** A challenge that replaces the clock: the nonce of the next proof begins with it. */
  readonly challenge: string | null;
  /** For `signature_invalid`: the signature base that the server computed. */
  readonly base: string | null;
}

const maxProblemBytes = 65_536;
const prefix = 'urn:appwarrant:';
const deploymentId = /^[A-Za-z0-9_-]{43}$/;
const challengeText = /^[A-Za-z0-9_-]{16,100}$/;

/**
 * The verifier's refusal in an answer, or null when the answer is the API's own, whatever its status. Reads a copy, so
 * that the answer's body stays readable. Never throws for what the answer says; a broken connection throws as `fetch` does.
 */
export async function readRefusal(answer: Response): Promise<Refusal | null> {
  if (answer.status < 400) return null;
  const type = answer.headers.get('content-type') ?? '';
  if (!/^application\/problem\+json\s*(;|$)/i.test(type)) return null;
  const text = await readText(answer.clone());
  if (text === null) return null;
  const members = membersOf(text);
  const kind = members.get('type');
  if (typeof kind !== 'string' || !kind.startsWith(prefix)) return null;
  const deployment = members.get('deployment');
  const challenge = answer.headers.get('oauth-client-attestation-challenge');
  return {
    code: kind.slice(prefix.length),
    status: answer.status,
    title: textOf(members.get('title')),
    detail: textOf(members.get('detail')),
    deployment: typeof deployment === 'string' && deploymentId.test(deployment) ? deployment : null,
    serverTime: secondsOf(members.get('serverTime')),
    createdAfter: secondsOf(members.get('createdAfter')),
    challenge: challenge !== null && challengeText.test(challenge) ? challenge : null,
    base: typeof members.get('base') === 'string' ? (members.get('base') as string) : null,
  };
}

function membersOf(text: string): ReadonlyMap<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 1000) : '';
}

function secondsOf(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

/** The text of a body, or null when it is longer than a problem ever is. */
async function readText(answer: Response): Promise<string | null> {
  if (answer.body === null) return null;
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.byteLength;
    if (length > maxProblemBytes) {
      // The other branch of the clone still delivers the body; waiting for this cancellation would wait for that.
      void reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}
