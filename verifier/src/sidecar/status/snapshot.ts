import type { Entry } from '../../allowlist.ts';
import { findingsOf } from '../../cli/doctor.ts';
import type { Finding } from '../../cli/doctor/finding.ts';
import { endingNext } from '../../cli/doctor/of-builds.ts';
import { lookAtSite, type Site } from '../../cli/doctor/site.ts';
import { rememberSigners } from '../../signers-memo.ts';
import { fingerprintOf, stateFiles } from '../../state-folder.ts';
import type { Status } from '../../status.ts';
import { secondsOf, timeOf, type Time } from '../../time.ts';
import type { Recent, RecentRefusal } from './recent.ts';

/** Everything that the status page tells, as programs read it. Durations in seconds. */
export type Snapshot = Omit<Status, 'allowlist'> & {
  readonly type: 'appwarrant/sidecar-status/1';
  readonly at: Time;
  readonly startedAt: Time;
  readonly listens: readonly string[];
  readonly allowlist: Status['allowlist'];
  /** What the doctor says, the most urgent first. */
  readonly findings: readonly Finding[];
  /** Approved builds, those that end next first. */
  readonly builds: readonly AdmittedBuild[];
  /** How many more there are. */
  readonly moreBuilds: number;
  readonly refusals: readonly RecentRefusal[];
  readonly counts: ReturnType<Recent['counts']>;
};

export type AdmittedBuild = {
  readonly partner: { readonly id: string; readonly name: string };
  readonly app: { readonly id: string; readonly name: string };
  readonly version: string;
  readonly platform: string;
  readonly capabilities: readonly string[];
  readonly assurance: string;
  readonly expires: Time;
  readonly left: number;
  /** Requests of the app that were admitted since the start. */
  readonly served: ReturnType<Recent['served']>;
};

/** What a snapshot is made of. */
export type Sources = {
  readonly state: string;
  readonly origin: string;
  readonly status: () => Status;
  readonly recent: Recent;
  readonly startedAt: number;
  readonly listens: () => readonly string[];
};

/** How many builds and refusals are told of; how long a look at the state folder is good for, in milliseconds. */
const most = { builds: 500, refusals: 100, age: 30_000 };
/** How many builds are judged before others have their turn. */
const atOnce = 50;

/** Gives snapshots. Looks at the state folder now and then only, and lets requests go first meanwhile. */
export function watchSite(sources: Sources): () => Promise<Snapshot> {
  const { state, origin, recent } = sources;
  const memo = rememberSigners();
  let looked: { readonly print: string; readonly at: number; readonly look: Promise<Looked> } | undefined;

  return async () => {
    const print = printOf(state);
    if (looked === undefined || looked.print !== print || performance.now() - looked.at > most.age)
      looked = { print, at: performance.now(), look: lookNow(state, origin, memo) };
    const { findings, entries, now } = await looked.look;
    return {
      type: 'appwarrant/sidecar-status/1',
      at: timeOf(now),
      startedAt: timeOf(sources.startedAt),
      listens: sources.listens(),
      ...sources.status(),
      findings,
      builds: entries.slice(0, most.builds).map((entry) => admitted(entry, now, recent)),
      moreBuilds: Math.max(0, entries.length - most.builds),
      refusals: recent.refusals().slice(0, most.refusals),
      counts: recent.counts(),
    };
  };
}

type Looked = {
  readonly findings: readonly Finding[];
  readonly entries: readonly Entry[];
  readonly now: number;
};

async function lookNow(
  folder: string,
  origin: string,
  memo: ReturnType<typeof rememberSigners>,
): Promise<Looked> {
  const site: Site = lookAtSite(folder, origin, memo);
  const { opened, now } = site;
  while (opened !== null && opened.entries.judgeSome(atOnce) > 0)
    await new Promise((resolve) => setImmediate(resolve));
  const entries = opened === null ? [] : endingNext(opened.entries.judged().entries, now);
  return { findings: findingsOf(site), entries, now };
}

function admitted({ custom }: Entry, now: number, recent: Recent): AdmittedBuild {
  const { partner, app, build, capabilities, assurance, expires } = custom;
  return {
    partner,
    app,
    version: build.version,
    platform: build.platform,
    capabilities,
    assurance,
    expires,
    left: secondsOf(expires) - now,
    served: recent.served(partner.id, app.id),
  };
}

/** Changes when a bundle is loaded. A folder that cannot be read has been looked at, too. */
function printOf(folder: string): string {
  try {
    return [stateFiles.bundle, stateFiles.floor].map((file) => fingerprintOf(folder, file) ?? '').join(' ');
  } catch {
    return 'unreadable';
  }
}
