import type { Freshness } from '../../allowlist.ts';
import type { GrantCustom } from '../../custom.ts';
import { count, duration } from '../../duration.ts';
import { attempt } from '../../attempt.ts';
import type { OpenedBundle } from '../../open-bundle.ts';
import { Refused } from '../../refused.ts';
import { secondsOf, timeOf } from '../../time.ts';
import { approvedGrants, signedRoles, type SignedRole } from '../signed-files.ts';
import { act, levelBefore, ok, type Finding, type Level } from './finding.ts';
import type { Site } from './site.ts';

// Everything that ends, and the clock by which it does. Durations in seconds.

const day = 86_400;
/** Freshness: a quarter of it, a week at most. Roles that the offline keys sign take the vendor longer to renew. */
const thresholds = {
  fresh: 7 * day,
  licence: { soon: 60 * day, now: 7 * day },
  offline: { soon: 90 * day, now: 7 * day },
  online: { soon: 30 * day, now: 3 * day },
  grant: { soon: 7 * day, now: 0 },
};
/** How far the clock may be behind signed time (SPEC §8). */
const tolerance = 300;

/** The clock, freshness, grace, the licence, every signed role, and the grants. */
export function ofTimes(site: Site): readonly Finding[] {
  const { opened, bytes, now } = site;
  if (opened === null || bytes === null) return [ofClock(site)];
  return [
    ofClock(site),
    ...ofFreshness(opened, site),
    ofLicense(opened, now),
    ...ofRoles(signedRoles(bytes, opened), partnersOf(opened), now),
    ...approvedGrants(bytes, opened).map((grant) => ofGrant(grant, now)),
  ];
}

function ofClock({ opened, floor, system }: Site): Finding {
  const kept = floor instanceof Refused || floor.kind !== 'whole' ? 0 : floor.floor.signedAt;
  const signed = Math.max(opened?.signedAt ?? 0, kept);
  const here = `The clock shows ${timeOf(Math.max(0, system))}`;
  if (signed === 0) return ok('clock', `${here}; nothing signed is here to compare it with.`);
  const behind = signed - system;
  const says = `${here}; the newest signed time is ${timeOf(signed)}, ${duration(Math.abs(behind))} ${behind > 0 ? 'ahead of it' : 'before it'}.`;
  if (behind > tolerance) {
    const todo = "Set this machine's clock, and have it kept by NTP or by hand; no restart is needed.";
    return act('now', 'clock', says, todo, { code: 'clock_behind' });
  }
  return behind > 0
    ? act('soon', 'clock', says, 'Set the clock: from five minutes on, every request is refused.')
    : ok('clock', says);
}

function ofFreshness(opened: OpenedBundle, { now, system }: Site): readonly Finding[] {
  const { allowlist, signedAt } = opened;
  // Of a bundle that is over, the ends are those that it had when it was signed.
  const judged = [now, signedAt].map((at) => attempt(() => allowlist.judgeNow(at)));
  const freshness = judged.find((each): each is Freshness => !(each instanceof Refused));
  if (freshness === undefined) return [];
  const { freshUntil, expires } = freshness;
  const age = `Signed ${duration(Math.max(0, now - signedAt))} ago`;
  const left = { fresh: freshUntil - now, grace: expires - now };
  const load = 'Load a new bundle.';
  if (left.grace < 0) {
    const over = `${age}; its grace ended ${duration(-left.grace)} ago, on ${timeOf(expires)}. Every request is refused.`;
    const todo = `Load a new bundle; if the clock is wrong (it shows ${timeOf(Math.max(0, system))}), set it first.`;
    const more = { code: 'allowlist_expired', ends: expires } as const;
    return [
      act('now', 'freshness', `Over since ${timeOf(freshUntil)}.`, load, { ...more, ends: freshUntil }),
      act('now', 'grace', over, todo, more),
    ];
  }
  const weeks = (whole: number): number => Math.min(thresholds.fresh, whole / 4);
  if (left.fresh < 0) {
    const level: Level = left.grace < weeks(expires - freshUntil) ? 'now' : 'soon';
    return [
      act('soon', 'freshness', `STALE: ${age.toLowerCase()}, fresh until ${timeOf(freshUntil)}.`, load, {
        ends: freshUntil,
      }),
      act(
        level,
        'grace',
        `Apps are admitted with a warning for ${duration(left.grace)} more, until ${timeOf(expires)}; then every request is refused.`,
        load,
        { ends: expires },
      ),
    ];
  }
  const fresh = `${age}; fresh for ${duration(left.fresh)} more, until ${timeOf(freshUntil)}.`;
  const grace = `After that, apps are admitted with a warning until ${timeOf(expires)}, ${duration(left.grace)} from now.`;
  return [
    left.fresh < weeks(freshUntil - signedAt)
      ? act('soon', 'freshness', fresh, 'Have the vendor send a new bundle, and load it.', {
          ends: freshUntil,
        })
      : ok('freshness', fresh, freshUntil),
    ok('grace', grace, expires),
  ];
}

function ofLicense({ license }: OpenedBundle, now: number): Finding {
  const { validFrom, expires } = license.custom;
  const [from, until] = [secondsOf(validFrom), secondsOf(expires)];
  const ask = 'Ask the vendor for a licence that is in force, and load the bundle that brings it.';
  if (now < from) {
    const says = `It begins on ${validFrom}, ${duration(from - now)} from now. Every request is refused.`;
    return act('now', 'licence', says, 'Check the clock; or wait, or ask the vendor.', {
      code: 'license_expired',
      ends: until,
    });
  }
  if (now >= until) {
    const says = `It ended on ${expires}, ${duration(now - until)} ago. Every request is refused.`;
    return act('now', 'licence', says, ask, { code: 'license_expired', ends: until });
  }
  const says = `It ends on ${expires}, ${duration(until - now)} from now.`;
  const level = levelBefore(until - now, thresholds.licence);
  return level === 'ok' ? ok('licence', says, until) : act(level, 'licence', says, ask, { ends: until });
}

/** How many roles of partners are named. */
const named = 3;

function ofRoles(roles: readonly SignedRole[], names: Names, now: number): readonly Finding[] {
  const isPartners = ({ role }: SignedRole): boolean => role.startsWith('p-');
  const partners = roles.filter(isPartners).toSorted((a, b) => a.expires - b.expires);
  const due = partners.filter(({ expires }) => levelBefore(expires - now, thresholds.online) !== 'ok');
  const shown = partners.slice(0, Math.min(named, Math.max(1, due.length)));
  const more = partners.length - shown.length;
  return [
    ...roles.filter((role) => !isPartners(role)).map((role) => ofRole(role, role.role, now)),
    ...shown.map((role, i) => {
      const last = i === shown.length - 1 && more > 0;
      const name = `${role.role} (${names.get(role.role) ?? 'a partner'})`;
      return ofRole(
        role,
        name,
        now,
        last ? ` Of ${count(more, 'more partner role')} none ends earlier.` : '',
      );
    }),
  ];
}

type Names = ReadonlyMap<string, string>;

/** Whose role is whose, as far as builds say it. */
function partnersOf(opened: OpenedBundle): Names {
  return new Map(opened.judgeAll().entries.map(({ role, custom }) => [role, custom.partner.name]));
}

function ofRole({ role, version, expires }: SignedRole, named: string, now: number, more = ''): Finding {
  const offline = role === 'root' || role === 'targets';
  const left = expires - now;
  const when = `on ${timeOf(expires)}, ${left > 0 ? `${duration(left)} from now` : `${duration(-left)} ago`}`;
  const name = `${named}, version ${version},`;
  if (left <= 0) {
    const says = `${name} ended ${when}. Every request is refused.${more}`;
    return act('now', 'role', says, renew(offline), { code: 'allowlist_expired', ends: expires });
  }
  const says = `${name} ends ${when}.${more}`;
  const level = levelBefore(left, offline ? thresholds.offline : thresholds.online);
  return level === 'ok'
    ? ok('role', says, expires)
    : act(level, 'role', says, renew(offline), { ends: expires });
}

function renew(offline: boolean): string {
  return offline
    ? 'Load a new bundle; if it says the same, tell the vendor, whose offline keys alone can renew it.'
    : 'Load a new bundle.';
}

function ofGrant({ effect, reason, validFrom, expires }: GrantCustom, now: number): Finding {
  const [from, until] = [secondsOf(validFrom), secondsOf(expires)];
  const name = { monitor: 'MONITOR MODE', breakGlass: 'BREAK-GLASS', grace: 'Longer grace' }[effect.kind];
  const why = `"${reason}"`;
  if (now < from) return ok('grant', `${name} (${why}) begins on ${validFrom}.`, until);
  if (now >= until) return ok('grant', `${name} (${why}) ended on ${expires}.`, until);
  const says = `${name} (${why}) until ${expires}, ${duration(until - now)} from now`;
  if (effect.kind !== 'grace') {
    const todo =
      'Before it ends, see in the log of the server which requests it admitted, and have their apps approved.';
    return act('soon', 'grant', `${says}: requests that would be refused are admitted.`, todo, {
      ends: until,
    });
  }
  const level = levelBefore(until - now, thresholds.grant);
  return level === 'ok'
    ? ok('grant', `${says}.`, until)
    : act(level, 'grant', `${says}.`, 'Load a new bundle before it ends.', { ends: until });
}
