import { randomBytes } from 'node:crypto';
import { Refused } from '../src/refused.ts';
import type { ReasonCode } from '../src/reasons.ts';
import type { RequestToCheck } from '../src/http/request-head.ts';
import { makeKey, withHeader } from '../test/http/sign.ts';
import type { Case } from './interleave.ts';
import type { makeSite } from './site.ts';

/** Requests that are refused before any cryptography: what somebody may send as fast as he can. */
export function refusalCases({ sign, checker }: ReturnType<typeof makeSite>): ReadonlyMap<string, Case> {
  const stranger = makeKey();
  const old = (): RequestToCheck => sign({ created: Math.floor(Date.now() / 1000) - 3600 });
  const requests: [string, ReasonCode, () => RequestToCheck][] = [
    ['not signed', 'proof_missing', () => withHeader(sign(), 'Signature-Input', undefined)],
    ['malformed', 'proof_malformed', () => withHeader(sign(), 'Signature-Input', 'app=("@method"')],
    ['for elsewhere', 'wrong_deployment', () => sign({ deployment: randomBytes(32).toString('base64url') })],
    ['stale', 'proof_stale', old],
    ['by a key that is not listed', 'app_not_approved', () => sign({ key: stranger })],
  ];
  return new Map(
    requests.map(([name, code, make]): [string, Case] => [
      `refused: ${name}`,
      (calls) => {
        const stock = Array.from({ length: calls }, make);
        return () => {
          try {
            checker.check(stock.pop() as RequestToCheck);
          } catch (error) {
            if (error instanceof Refused && error.code === code) return undefined;
            throw error;
          }
          throw new Error('It was admitted.');
        };
      },
    ]),
  );
}
