import type { Customer, Overview, RosterAnswer, Waiting } from '../api-types.ts';
import { countApps } from '../apps/count-apps.ts';
import { buildStates, waitingBuilds } from '../builds/waiting-builds.ts';
import type { Context } from '../context.ts';
import { listCustomers } from '../customers/view-customers.ts';
import type { Actor } from '../http/route.ts';
import { partnerNames } from '../partners/partner-name.ts';
import { listPublications } from '../publishing/view-publications.ts';
import { readRoster } from '../roster/read-roster.ts';
import { endings } from './endings.ts';
import { firstSteps } from './first-steps.ts';

/** The overview shows this many of what waits. */
const SHOWN = 50;

/** What waits, what was published, what ends: for a partner, of its own things only. */
export async function readOverview(context: Context, actor: Actor, now: number): Promise<Overview> {
  return actor.role === 'admin' ? adminOverview(context, now) : partnerOverview(context, actor.partnerId);
}

async function partnerOverview({ db }: Context, partnerId: string | null): Promise<Overview> {
  const builds = await buildStates(db, partnerId);
  return {
    waiting: await buildsWaiting(db, partnerId),
    waitingTotal: builds.waiting,
    published: null,
    ends: [],
    counts: { partners: 1, apps: await countApps(db, partnerId), builds, customers: 0 },
    steps: [],
  };
}

async function adminOverview(context: Context, now: number): Promise<Overview> {
  const { db } = context;
  const builds = await buildStates(db, null);
  const customers = await listCustomers(context);
  const roster = await readRoster(context);
  const { rows } = await listPublications(context, { before: Number.MAX_SAFE_INTEGER, limit: 1 });
  const [newest] = rows;
  const others = [...rosterWaiting(roster), ...customers.flatMap(customerWaiting)];
  const waiting = [...others, ...(await buildsWaiting(db, null))];
  const partners = (await partnerNames(db)).size;
  const apps = await countApps(db, null);
  return {
    waiting: waiting.slice(0, SHOWN),
    waitingTotal: others.length + builds.waiting,
    published:
      newest === undefined || newest.signedAt === null
        ? null
        : { version: newest.version, signedAt: newest.signedAt, entries: newest.entries },
    ends: await endings(context, customers, now),
    counts: { partners, apps, builds, customers: customers.length },
    steps: await firstSteps(context, { builds, customers, partners, roster }),
  };
}

async function buildsWaiting(db: Context['db'], partnerId: string | null): Promise<Waiting[]> {
  const builds = await waitingBuilds(db, partnerId, SHOWN);
  return builds.map(({ id, app, version, partner, since }) => ({
    kind: 'build',
    id,
    title: `${app} ${version}`,
    detail: partner,
    since,
    href: `/builds/${id}`,
  }));
}

function rosterWaiting(roster: RosterAnswer): Waiting[] {
  const enrolled = roster.pending.map(({ person, enrolled: since }): Waiting => ({
    kind: 'approver',
    id: person.id,
    title: person.name,
    detail: roster.developmentKeys
      ? 'has an approval passkey, which the roster does not list yet'
      : 'has an approval passkey; the offline keys have to sign the roster',
    since,
    href: '/roster',
  }));
  const changed = roster.changes.map(({ person, status, since }): Waiting => ({
    kind: 'roster',
    id: person.id,
    title: person.name,
    detail: `is to be ${status} as an approver; the offline keys have to sign the roster`,
    since,
    href: '/roster',
  }));
  return [...enrolled, ...changed];
}

function customerWaiting(customer: Customer): Waiting[] {
  const href = `/customers/${customer.id}`;
  const { license } = customer;
  const waiting: Waiting[] = customer.grants
    .filter(({ state }) => state === 'proposed')
    .map(({ id, reason, issued }) => ({
      kind: 'grant',
      id,
      title: `Grant for ${customer.name}`,
      detail: reason,
      since: issued,
      href,
    }));
  if (license?.state === 'proposed') {
    const detail = `${license.approvals} of ${license.approvalsNeeded} approvals`;
    waiting.unshift({
      kind: 'license',
      id: customer.id,
      title: `Licence for ${customer.name}`,
      detail,
      since: license.issued,
      href,
    });
  }
  return waiting;
}
