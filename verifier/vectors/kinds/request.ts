import { admitBeyond, type Admission } from '../../src/http/admission.ts';
import { createChecker, type Checker } from '../../src/http/check.ts';
import { createReplayTable, restoreReplayTable, type ReplayTable } from '../../src/http/replay.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { Clock } from '../../src/clock.ts';
import { Refused } from '../../src/refused.ts';
import { secondsOf } from '../../src/time.ts';
import { read, readBase64, readText, type Facts, type Kind } from '../kind.ts';
import { readMoment, underGivenClock, type Moment } from './given-clock.ts';
import { acceptedBefore } from './load.ts';
import { readRequest } from './proof.ts';
import { openSite, readSite, siteMembers, type Site, type SiteMembers } from './site.ts';

/** Requests that are checked at a site (SPEC §8, §10): the whole decision. */
export const request: Kind = {
  required: [...siteMembers, 'startedAt', 'steps'],
  optional: ['challengeKey'],
  facts: [
    'kind',
    'partner',
    'app',
    'build',
    'instance',
    'capabilities',
    'assurance',
    'proves',
    'cookie',
    'entry',
    'base',
    'refused',
    'grant',
    'freshness',
    'allowlistAge',
  ],
  prepare(members) {
    const site = readSite(members);
    const startedAt = members.startedAt === null ? null : secondsOf(readText(members.startedAt, 'startedAt'));
    const key = readChallengeKey(members.challengeKey);
    const steps = read.list(members.steps, 'steps', 1, 20).map(readStep);
    return () =>
      underGivenClock((clock) => {
        const server = startServer(site, startedAt, key);
        let facts: Facts = {};
        steps.forEach((step, index) => {
          clock.moveTo(step.moment);
          facts = acceptedBefore(index, steps.length, () => server.take(step));
        });
        return facts;
      });
  },
};

type Step = { readonly moment: Moment } & (
  | { readonly kind: 'load'; readonly bundle: Uint8Array }
  | { readonly kind: 'check'; readonly request: RequestToCheck; readonly require: string | undefined }
  | { readonly kind: 'restart'; readonly nonces: 'kept' | 'lost'; readonly challengeKey: Uint8Array }
);

function readStep(value: JsonValue): Step {
  const kind = read.oneOf(read.object(value, 'a step').kind, 'step.kind', ['load', 'check', 'restart']);
  switch (kind) {
    case 'load': {
      const step = membersOf(value, ['bundle']);
      return { kind, moment: readMoment(step), bundle: readBase64(step.bundle, 'step.bundle') };
    }
    case 'check': {
      const step = membersOf(value, ['request'], ['require']);
      const require = step.require === undefined ? undefined : readText(step.require, 'step.require');
      return { kind, moment: readMoment(step), request: readRequest(step.request), require };
    }
    case 'restart': {
      const step = membersOf(value, ['nonces'], ['challengeKey']);
      const nonces = read.oneOf(step.nonces, 'step.nonces', ['kept', 'lost']);
      return { kind, moment: readMoment(step), nonces, challengeKey: readChallengeKey(step.challengeKey) };
    }
  }
}

function membersOf(
  value: JsonValue,
  required: readonly string[],
  optional: readonly string[] = [],
): JsonObject {
  return read.members(value, 'a step', ['kind', 'at', ...required], ['passed', ...optional]);
}

/** Vectors without challenges do not name the key that seals them. */
function readChallengeKey(value: JsonValue | undefined): Uint8Array {
  const key = value === undefined ? new Uint8Array(32) : readBase64(value, 'challengeKey');
  return key.length === 32 ? key : read.refuse('challengeKey', '32 bytes');
}

type Process = {
  readonly checker: Checker;
  readonly replay: ReplayTable;
  /** Whether the next process may rely on the nonces of this one (SPEC §10.8). */
  readonly isWhole: () => boolean;
};

/** How long a process runs that began without nonces, until its own are all that can come again. In milliseconds. */
const untilWhole = 120_000;

/** A server over one site: what a verifier does over its state folder, in memory. */
function startServer(members: SiteMembers, startedAt: number | null, challengeKey: Uint8Array) {
  const site = openSite(members);
  const { deployment, origin } = members;
  if (deployment === null || origin === null)
    return read.refuse('deployment and origin', 'given, where requests are checked');
  const begin = (replay: ReplayTable, from: number | null, randomKey: Uint8Array): Process => {
    const options = { deployment, origin, replay, randomKey, startedAt: from === null ? null : from * 1000 };
    const now = () => site.clock().now();
    const begun = performance.now();
    const isWhole = () => from === null || performance.now() - begun > untilWhole;
    return {
      replay,
      isWhole,
      checker: createChecker({ ...options, now, allowlist: () => allowlistOf(site) }),
    };
  };
  let process = begin(createReplayTable(new Uint8Array(32), 1024), startedAt, challengeKey);
  return {
    take(step: Step): Facts {
      switch (step.kind) {
        case 'load':
          site.load(step.bundle);
          return {};
        case 'restart':
          process = restarted(process, step, site.clock(), begin);
          site.restart();
          return {};
        case 'check':
          return factsOf(withCapability(process.checker.check(step.request), step.require));
      }
    },
  };
}

function allowlistOf(site: Site) {
  const current = site.current();
  if (current === null) throw new Refused('no_bundle');
  return current.allowlist;
}

function restarted(
  { replay, checker, isWhole }: Process,
  { nonces, moment, challengeKey }: Extract<Step, { kind: 'restart' }>,
  clock: Clock,
  begin: (replay: ReplayTable, from: number | null, randomKey: Uint8Array) => Process,
): Process {
  if (nonces === 'lost' || !isWhole())
    return begin(createReplayTable(new Uint8Array(32), 1024), moment.at, challengeKey);
  const saved = replay.save(Math.max(Math.floor(clock.latest() / 1000), checker.latest()));
  const kept = restoreReplayTable(saved, 1024);
  if (kept === undefined) throw new TypeError('A table that was saved can be restored.');
  return begin(kept, null, challengeKey);
}

/** What a route that needs a capability adds (SPEC §10.10, §11). */
function withCapability(admission: Admission, capability: string | undefined): Admission {
  if (capability === undefined || admission.kind !== 'app') return admission;
  if (admission.capabilities.includes(capability)) return admission;
  const refused = new Refused('capability_missing');
  if (admission.grant === null) throw refused;
  return admitBeyond(admission, admission.grant, refused);
}

function factsOf(admission: Admission): Facts {
  const { kind, freshness, allowlistAge, grant } = admission;
  const common = { kind, freshness, allowlistAge, grant: grant?.statement ?? null };
  if (admission.kind !== 'app') return { ...common, refused: admission.refused.code };
  const { partner, app, build, instance, capabilities, assurance, proves, cookie, receipt } = admission;
  return {
    ...common,
    partner: partner.id,
    app: app.id,
    build: build === 'unproven' ? build : build.id,
    instance,
    capabilities,
    assurance,
    proves,
    cookie,
    entry: receipt.entry,
    base: receipt.base,
  };
}
