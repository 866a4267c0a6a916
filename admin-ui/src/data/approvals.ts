import type { ApprovalListAnswer, ApprovalSubject } from '@appwarrant/server/api-types';
import { send } from './request.ts';

export type { ApprovalSubject };

/** Makes a list to be approved with one touch, and the one-time link to the approving page that names it. */
export function makeApprovalList(subjects: readonly ApprovalSubject[]): Promise<ApprovalListAnswer> {
  return send<ApprovalListAnswer>('POST', '/approval-lists', { subjects });
}
