import type { Status } from '../status.ts';
import type { Family, Labels } from './exposition.ts';

type Gauges = readonly (readonly [labels: Labels, value: number])[];

/** What the verifier's status says, as gauges. */
export function standingFamilies(status: Status): readonly Family[] {
  const { allowlist, problem } = status;
  const loadedAt = allowlist?.loadedAt ?? null;
  const at = (time: string): number => Date.parse(time) / 1000;
  const left = (what: string, until: string | null): Gauges =>
    until === null ? [] : [[{ what }, at(until) - now]];
  const now = allowlist === null ? 0 : at(allowlist.signedAt) + allowlist.age;
  const only = (value: number | null): Gauges => (value === null ? [] : [[{}, value]]);

  return [
    gauge('appwarrant_verifier_info', 'What runs here, in its labels; always 1.', [
      [
        {
          version: status.version,
          vendor: status.vendor ?? '',
          environment: status.environment ?? '',
          deployment: status.deployment ?? '',
          origin: status.origin,
        },
        1,
      ],
    ]),
    gauge(
      'appwarrant_admitting',
      '1 while approved apps are admitted, 0 while every request is refused.',
      only(problem === null ? 1 : 0),
    ),
    gauge(
      'appwarrant_problem',
      'Why every request is refused, in the label code; absent while apps are admitted.',
      problem === null ? [] : [[{ code: problem.code }, 1]],
    ),
    gauge(
      'appwarrant_bundle_refused',
      'Why the newest bundle that was offered here was refused, in the label code; absent where it was not.',
      status.lastRefusal === null ? [] : [[{ code: status.lastRefusal.code }, 1]],
    ),
    gauge('appwarrant_allowlist_loaded', '1 where a bundle is loaded.', only(allowlist === null ? 0 : 1)),
    gauge(
      'appwarrant_allowlist_version',
      'Versions of the signed metadata in force: nodes that agree in them hold the same bundle.',
      allowlist === null ? [] : Object.entries(allowlist.versions).map(([role, value]) => [{ role }, value]),
    ),
    gauge(
      'appwarrant_allowlist_signed_timestamp_seconds',
      'When the allowlist in force was signed.',
      only(allowlist === null ? null : at(allowlist.signedAt)),
    ),
    gauge(
      'appwarrant_allowlist_loaded_timestamp_seconds',
      'When it was loaded into the state folder.',
      only(loadedAt === null ? null : at(loadedAt)),
    ),
    gauge(
      'appwarrant_allowlist_age_seconds',
      'How long ago the allowlist in force was signed.',
      only(allowlist?.age ?? null),
    ),
    gauge(
      'appwarrant_allowlist_freshness',
      '1 for what the allowlist is now: fresh, stale or expired.',
      allowlist === null
        ? []
        : ['fresh', 'stale', 'expired'].map((freshness) => [
            { freshness },
            allowlist.freshness === freshness ? 1 : 0,
          ]),
    ),
    gauge(
      'appwarrant_seconds_left',
      'Seconds until something ends, below 0 once it has: freshness, then grace (no request is admitted from then on), licence, metadata (the first signed file that expires: no bundle older than that can be loaded), grants.',
      allowlist === null
        ? []
        : [
            ...left('freshness', allowlist.freshUntil),
            ...left('grace', allowlist.expires),
            ...left('licence', allowlist.license.expires),
            ...left('metadata', allowlist.wall),
            ...left('monitor', allowlist.grants.monitor),
            ...left('break_glass', allowlist.grants.breakGlass),
          ],
    ),
    gauge(
      'appwarrant_grant_in_force',
      '1 while a grant of the vendor admits what would be refused.',
      allowlist === null
        ? []
        : [
            [{ grant: 'monitor' }, allowlist.grants.monitor === null ? 0 : 1],
            [{ grant: 'break_glass' }, allowlist.grants.breakGlass === null ? 0 : 1],
          ],
    ),
    gauge(
      'appwarrant_builds',
      'Builds in the allowlist: approved, refused, or not judged before they are first used.',
      allowlist === null
        ? []
        : (['approved', 'refused', 'unjudged'] as const).map((state) => [{ state }, allowlist.builds[state]]),
    ),
    gauge('appwarrant_partners', 'Partners in the allowlist.', only(allowlist?.builds.partners ?? null)),
    gauge(
      'appwarrant_clock_behind_seconds',
      "How far this machine's clock is behind the time that signatures prove; 0 where it is not.",
      only(status.clockBehind),
    ),
    gauge(
      'appwarrant_state_folder_shared',
      '1 where two processes were seen, within a day, to check over one state folder without sharing nonces.',
      only(status.sharedAt === null ? 0 : 1),
    ),
  ];
}

function gauge(name: string, help: string, gauges: Gauges): Family {
  return { name, help, type: 'gauge', samples: gauges.map(([labels, value]) => ({ labels, value })) };
}
