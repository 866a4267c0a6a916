import {
  approvalsOf,
  judgeApprovals,
  parseApproval,
  requireThreshold,
  verifyApproval,
} from '../../src/approval.ts';
import { parseRoster } from '../../src/roster.ts';
import type { Kind } from '../kind.ts';
import { readFound } from './statement.ts';

/** One approval of one statement, judged alone (SPEC §4.3). */
export const approval: Kind = {
  required: ['found', 'roster', 'approval'],
  facts: ['approver'],
  prepare({ found, roster: given, approval: one }) {
    const statement = readFound(found)();
    const roster = parseRoster(given, statement.environment);
    return () => ({ approver: verifyApproval(statement, parseApproval(one), roster) });
  },
};

/** All approvals of one statement, against the threshold for its kind (SPEC §4.1, §4.4). */
export const approvals: Kind = {
  required: ['found', 'roster', 'approvals'],
  facts: ['people', 'uncounted'],
  prepare({ found, roster: given, approvals: all }) {
    const statement = readFound(found)();
    const roster = parseRoster(given, statement.environment);
    return () => {
      const list = approvalsOf({ approvals: all ?? null });
      const judgement = judgeApprovals(statement, list, roster);
      requireThreshold(statement, judgement, roster);
      return { people: judgement.people, uncounted: judgement.refused.map(({ code }) => code) };
    };
  },
};
