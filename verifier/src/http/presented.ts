import { Refused } from '../refused.ts';
import { coveredComponents } from './coverage.ts';
import { parseProof } from './proof.ts';
import { readHead, type RequestHead, type RequestToCheck } from './request-head.ts';
import type { Component } from './signature-base.ts';
import type { Proof } from './unverified-proof.ts';

/** A request as it presents itself: read, well formed and for this deployment; nothing of it is believed yet. */
export type Presented = {
  readonly head: RequestHead;
  readonly proof: Proof;
  readonly components: readonly Component[];
  /** From where it came, where that is known (SPEC §10.12). */
  readonly address: string | undefined;
};

/** Reads a request, in the order of SPEC §10.6, up to what depends on the time. Throws what its readers throw, and `wrong_deployment`. */
export function present(
  request: RequestToCheck,
  { origin, deployment }: { readonly origin: string; readonly deployment: string },
): Presented {
  const head = readHead(request, origin);
  const proof = parseProof(head.fields);
  const components = coveredComponents(proof.components, head, origin);
  if (head.fields.values.get('appwarrant-deployment') !== deployment)
    throw new Refused('wrong_deployment', `This is the deployment ${deployment}.`);
  return { head, proof, components, address: request.address };
}
