import { moment } from '../http/step-words.ts';
import { pageOf } from '../installed-page.ts';
import type { ReasonCode } from '../reasons.ts';
import { Refused } from '../refused.ts';
import { secondsOf, timeOf } from '../time.ts';
import type { Command } from './command.ts';
import { endingNext, ofBuilds } from './doctor/of-builds.ts';
import { act, found, type Finding, type Level } from './doctor/finding.ts';
import { ofFolder } from './doctor/of-folder.ts';
import { ofProgram } from './doctor/of-program.ts';
import { ofStored } from './doctor/of-stored.ts';
import { ofTimes } from './doctor/of-times.ts';
import { lookAtSite, type Site } from './doctor/site.ts';
import { inFolder, isForbidden, notPermitted } from './folder-refusal.ts';
import { judgeBuilds } from './judge-builds.ts';
import { fold, foldBehind } from './output.ts';
import { approvedGrants, signedRoles } from './signed-files.ts';
import { programName, programVersion } from './program.ts';

const levels: readonly Level[] = ['now', 'soon', 'ok'];
/** How many builds `--json` names, of those that end next. */
const mostEnds = 100;

/** Looks at everything that can go wrong, and says what to do. */
export const doctor: Command = {
  name: 'doctor',
  files: [],
  options: ['state', 'origin', 'json'],
  about: 'what is wrong, what soon will be, and what to do',
  help: [
    'Looks at the program, the state folder, the clock and everything that ends, and says of each whether it is ok, needs something soon, or needs something now, and what. Ends with 1 when something needs doing now.',
    'Run it as the user that runs the server. It is safe beside a running server, and changes nothing: one probe file is written into the state folder and removed.',
    'soon: freshness when a quarter of it is left (7 days at most), or in grace; the licence 60 days before its end; root and targets 90 days; other roles and builds 30 days; free space below 512 MiB. now: grace when a quarter of it is left (7 days at most); the licence, root and targets 7 days; other roles and builds 3 days; free space below 64 MiB; each beside the room that a bundle takes.',
  ],
  run({ state, origin }, progress) {
    const site = lookAtSite(state, origin);
    judgeBuilds(site.opened, progress);
    const sorted = findingsOf(site);
    const worst = sorted[0]?.level ?? 'ok';
    return { exit: worst === 'now' ? 1 : 0, lines: linesOf(site, sorted), json: jsonOf(site, sorted, worst) };
  },
};

/** What is to be said of a site, the most urgent first. */
export function findingsOf(site: Site): readonly Finding[] {
  const groups = [ofProgram, ofFolder, ofStored, ofTimes, ofBuilds];
  const all = groups.flatMap((group) => guarded(site.folder, () => group(site)));
  const findings = all.filter(({ says }, i) => all.findIndex((each) => each.says === says) === i);
  return levels.flatMap((level) => findings.filter((finding) => finding.level === level));
}

/** What nobody foresaw in one place must not hide what was found in the others. */
function guarded(folder: string, look: () => readonly Finding[]): readonly Finding[] {
  try {
    return look();
  } catch (error) {
    if (isForbidden(error)) return [found('state', notPermitted(folder))];
    const why = error instanceof Error ? error.message : String(error);
    const code = error instanceof Refused ? error.code : undefined;
    return [
      act(
        'now',
        'fault',
        `This could not be looked at: ${why}`,
        'Tell the vendor.',
        code === undefined ? {} : { code },
      ),
    ];
  }
}

function linesOf(site: Site, findings: readonly Finding[]): readonly string[] {
  const vendor = site.anchor instanceof Refused ? 'AppWarrant' : site.anchor.vendor.name;
  const counts = levels.map((level) => `${findings.filter((each) => each.level === level).length} ${level}`);
  const probed = findings.some(({ id, level }) => id === 'writable' && level === 'ok');
  return [
    ...fold(`${vendor} verifier ${programVersion()} · doctor · ${timeOf(Math.max(0, site.system))}`),
    verdictOf(site),
    '',
    ...findings.flatMap(rowsOf),
    '',
    `${counts.join(', ')}. Nothing was changed${probed ? ', but that a probe file was written and removed' : ''}.`,
  ];
}

function verdictOf(site: Site): string {
  const problem = problemOf(site);
  if (problem === null) return 'Approved apps are admitted.';
  const { code, because } = problem;
  // What is on the disk counts at the next start; a server that runs has its own copy in memory.
  if (always.has(because ?? code)) return `NO APP IS ADMITTED: ${because ?? code}.`;
  return `NO APP IS ADMITTED by a server that starts now: ${code}${because === null ? '' : ` (${because})`}.`;
}

type Problem = {
  readonly code: ReasonCode;
  /** Why the bundle that lies here does not count, where that is why there is none. */
  readonly because: ReasonCode | null;
  readonly message: string;
  readonly page: string;
};

/** What every request hears now, in the words that the other commands have for it; null while apps are admitted. */
function problemOf({ problem, opened, sight, originRefused, folder }: Site): Problem | null {
  if (problem === null) return null;
  const { code, message } = inFolder(problem, folder);
  const isLost = opened === null && !(sight instanceof Refused);
  const isElsewhere = problem === originRefused && code !== 'origin_malformed';
  const because = code !== 'no_bundle' && (isLost || isElsewhere) ? code : null;
  return { code: because === null ? code : 'no_bundle', because, message, page: pageOf(code) };
}

const always: ReadonlySet<ReasonCode> = new Set(['allowlist_expired', 'license_expired', 'clock_behind']);

/** One finding; where a code's page was named before, it is not named again. */
function rowsOf(
  { id, level, says, todo, code }: Finding,
  index: number,
  all: readonly Finding[],
): readonly string[] {
  const head = `${(level === 'now' ? 'NOW' : level).padEnd(6)}${id.padEnd(11)}`;
  const space = ' '.repeat(head.length);
  const isFirst = code !== null && all.findIndex((each) => each.code === code) === index;
  return [
    ...foldBehind(head, says),
    ...(todo === null ? [] : foldBehind(`${space}→ `, todo)),
    ...(isFirst ? [`${space}→ ${programName()} help ${code}`] : []),
  ];
}

function jsonOf(site: Site, findings: readonly Finding[], worst: Level): object {
  const { anchor, deployment, system, now, origin, folder } = site;
  const left = (ends: number): object => ({
    ends: timeOf(ends),
    daysLeft: Math.floor((ends - now) / 86_400),
  });
  return {
    type: 'appwarrant/doctor/1',
    vendor: anchor instanceof Refused ? null : anchor.vendor.name,
    version: programVersion(),
    environment: anchor instanceof Refused ? null : anchor.environment,
    state: folder,
    origin,
    deployment: typeof deployment === 'string' ? deployment : null,
    clock: timeOf(Math.max(0, system)),
    signedAt: site.opened === null ? null : timeOf(site.opened.signedAt),
    versions: site.opened?.versions ?? null,
    loadedAt: loadedAtOf(site),
    age: site.opened === null ? null : Math.max(0, now - site.opened.signedAt),
    worst,
    problem: problemOf(site),
    findings: findings.map(({ ends, code, ...finding }) => ({
      ...finding,
      code,
      page: code === null ? null : pageOf(code),
      ...(ends === null ? { ends: null, daysLeft: null } : left(ends)),
    })),
    ends: endsOf(site).map(({ ends, ...end }) => ({ ...end, ...left(ends) })),
  };
}

/** Since when the bundle is in this folder: with the versions, what nodes of one service are compared by. */
function loadedAtOf({ sight }: Site): string | null {
  const loadedAt = sight instanceof Refused ? null : sight.loadedAt();
  return loadedAt === null ? null : moment(loadedAt);
}

type End = { readonly kind: string; readonly name: string; readonly ends: number };

/** All that ends, for programs: nothing is summed up here, but that builds are cut off. */
function endsOf({ opened, bytes, now }: Site): readonly End[] {
  if (opened === null || bytes === null) return [];
  const roles = signedRoles(bytes, opened).map(({ role, expires }) => ({
    kind: 'role',
    name: role,
    ends: expires,
  }));
  const grants = approvedGrants(bytes, opened).map(({ effect, expires }) => {
    return { kind: 'grant', name: effect.kind, ends: secondsOf(expires) };
  });
  const builds = endingNext(opened.judgeAll().entries, now)
    .slice(0, mostEnds)
    .map(({ custom, path }) => ({
      kind: 'build',
      name: `${custom.app.name} ${custom.build.version} of ${custom.partner.name}`,
      path,
      ends: secondsOf(custom.expires),
    }));
  const licence = {
    kind: 'licence',
    name: opened.customer.id,
    ends: secondsOf(opened.license.custom.expires),
  };
  return [licence, ...roles, ...grants, ...builds];
}
