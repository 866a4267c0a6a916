import type {
  ApprovalSubmission,
  ApprovingAnswer,
  ApprovingResult,
  EnrolmentSubmission,
} from '@appwarrant/server/api-types';
import { problemOf } from '../data/problem.ts';
import type { Configuration } from './configuration.ts';
import { WillNotSign } from './will-not-sign.ts';

// The one place of this page that asks the portal: across origins, without credentials. What it answers is shown and
// checked, never believed.

/** What the link's token names. Throws WillNotSign `portal_said_no`. */
export async function fetchTask(configuration: Configuration, token: string): Promise<ApprovingAnswer> {
  return (await ask(configuration, token, {})) as ApprovingAnswer;
}

/** Hands the portal what the passkey made. Throws WillNotSign `portal_said_no`. */
export async function submit(
  configuration: Configuration,
  token: string,
  made: ApprovalSubmission | EnrolmentSubmission,
): Promise<ApprovingResult> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(made),
  };
  return (await ask(configuration, token, init)) as ApprovingResult;
}

async function ask(configuration: Configuration, token: string, init: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    const address = `${configuration.portalOrigin}/api/v1/approving/${encodeURIComponent(token)}`;
    response = await fetch(address, { ...init, mode: 'cors', credentials: 'omit', cache: 'no-store' });
  } catch (cause) {
    throw new WillNotSign('portal_said_no', `The portal at ${configuration.portalOrigin} does not answer.`, {
      cause,
    });
  }
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  const problem = problemOf(body, response.status);
  const code = problem.reason ?? problem.code;
  throw new WillNotSign('portal_said_no', `${problem.title}. ${problem.detail} (${code})`);
}
