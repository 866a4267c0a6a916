import type { Verifier } from '../open-verifier.ts';
import type { Refused } from '../refused.ts';
import type { RequestToCheck } from '../http/request-head.ts';

/** What both modes work with. */
export type Sidecar = {
  readonly verifier: Pick<Verifier, 'checkHeadAsync' | 'noteRefusal'>;
  readonly origin: string;
  /** Raw paths that need no proof, whole and exact. */
  readonly exempt: ReadonlySet<string>;
  /** Origins whose pages may call this API from browsers. */
  readonly browserOrigins: ReadonlySet<string>;
  /** How long a body may be silent, in milliseconds. */
  readonly bodySilence: number;
  /** Hears of what is wrong with the proxy or the server: refusals of requests are told by the verifier. */
  readonly onTrouble: (trouble: Trouble) => void;
  /** Whether it is about to end: connections are closed behind each answer. */
  readonly isEnding: () => boolean;
};

export type Trouble =
  | { readonly kind: 'refused'; readonly refused: Refused; readonly request: RequestToCheck | null }
  /** A fault of this program: the request was answered with 500. */
  | { readonly kind: 'fault'; readonly error: unknown };
