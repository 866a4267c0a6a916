import type { DeploymentPins } from './deployment-pins.ts';
import { readRefusal } from './refusal.ts';
import { SdkError } from './sdk-error.ts';

/** Whether a text has the form of a deployment id (SPEC §9): an RFC 7638 thumbprint. */
export function isDeploymentId(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

/**
 * Asks an origin which deployment it is, and pins the answer. It asks by a bare GET of the same path, without proof,
 * query, body or credentials: the verifier's refusal names the deployment, and nothing is entrusted to a server
 * that has not been pinned yet. An admission may name it in `AppWarrant-Deployment`. Throws `deployment_unknown`, `store_failed`.
 */
export async function learnDeployment(url: URL, pins: DeploymentPins, send: typeof fetch): Promise<string> {
  const answer = await send(`${url.origin}${url.pathname}`, {
    redirect: 'manual',
    credentials: 'omit',
    cache: 'no-store',
  });
  const refusal = await readRefusal(answer);
  void answer.body?.cancel().catch(() => undefined);
  const deployment = refusal?.deployment ?? namedInHeader(answer);
  if (deployment === null) {
    throw new SdkError(
      'deployment_unknown',
      `${url.origin} did not say which deployment it is (status ${answer.status}).`,
    );
  }
  await pins.write(url.origin, deployment);
  return deployment;
}

/** A server that admits everything for a while (a monitor grant) refuses nobody, and may name itself in a header. */
function namedInHeader(answer: Response): string | null {
  const named = answer.headers.get('appwarrant-deployment');
  return named !== null && isDeploymentId(named) ? named : null;
}
