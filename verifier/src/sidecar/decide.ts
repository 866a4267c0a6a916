import type { IncomingMessage } from 'node:http';
import type { Admission, HeadAdmission } from '../http/admission.ts';
import { demandCapability, keepAdmission, settleAdmission } from '../http/admissions.ts';
import type { RequestToCheck } from '../http/request-head.ts';
import { Refused } from '../refused.ts';
import type { Sidecar } from './sidecar.ts';

/** Demands capabilities of what the head has proved, and gives what then counts. Throws `capability_missing`. */
export function demandOf(
  question: IncomingMessage,
  admission: HeadAdmission,
  capabilities: readonly string[],
): HeadAdmission {
  keepAdmission(question, admission);
  return capabilities.reduce<HeadAdmission>(
    (_, capability) => demandCapability(question, capability),
    admission,
  );
}

/** The same of a final admission; a refusal is told to those who watch, since the check itself had admitted. */
export function settle(
  { verifier }: Sidecar,
  {
    question,
    request,
    capabilities,
  }: { question: IncomingMessage; request: RequestToCheck; capabilities: readonly string[] },
  admission: Admission,
): Admission {
  try {
    demandOf(question, admission, capabilities);
    return settleAdmission(question, admission);
  } catch (error) {
    if (error instanceof Refused) verifier.noteRefusal(request, error, admission);
    throw error;
  }
}
