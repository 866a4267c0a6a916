import type { Customer, FirstStep, Overview, RosterAnswer } from '../api-types.ts';
import type { Context } from '../context.ts';
import { hasPackage } from './store.ts';

interface Known {
  readonly builds: Overview['counts']['builds'];
  readonly customers: readonly Customer[];
  readonly partners: number;
  readonly roster: RosterAnswer;
}

/** The way from an empty portal to a first verdict, and how far it has been gone. */
export async function firstSteps(context: Context, known: Known): Promise<FirstStep[]> {
  const { builds, customers, partners, roster } = known;
  const own = customers.find(({ development }) => development) ?? customers[0];
  const licensed = customers.some(
    ({ license }) => license?.state === 'approved' || license?.state === 'published',
  );
  const approver = roster.approvers.some(({ status }) => status.kind === 'active');
  const packaged = await hasPackage(context.db);
  return [
    { id: 'enrol', title: 'Enrol as an admin', done: true, href: '/people' },
    {
      id: 'approver',
      title: 'Make an approval passkey',
      done: approver,
      href: roster.pending.length > 0 ? '/roster' : '/people',
    },
    {
      id: 'license',
      title: own === undefined ? 'License a customer' : `Approve the licence of ${own.name}`,
      done: licensed,
      href: own === undefined ? '/customers' : `/customers/${own.id}`,
    },
    { id: 'partner', title: 'Invite a partner', done: partners > 0, href: '/partners' },
    {
      id: 'build',
      title: 'Approve a first build',
      done: builds.approved + builds.published > 0,
      href: '/builds?state=waiting',
    },
    { id: 'package', title: 'Make the verifier package', done: packaged, href: '/verifier-package' },
  ];
}
