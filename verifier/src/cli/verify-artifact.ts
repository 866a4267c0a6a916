import { statSync } from 'node:fs';
import type { Entry } from '../allowlist.ts';
import { sha256OfPieces } from '../crypto.ts';
import type { EntryCustom } from '../custom.ts';
import { toHex } from '../digest.ts';
import { duration } from '../duration.ts';
import { pageOf } from '../installed-page.ts';
import { attempt } from '../attempt.ts';
import type { OpenedBundle } from '../open-bundle.ts';
import { Refused } from '../refused.ts';
import { subjectName } from '../revocation.ts';
import type { Roster } from '../roster.ts';
import { secondsOf } from '../time.ts';
import type { Command, Progress } from './command.ts';
import { nameBuild } from './name-build.ts';
import { columns, fold, visible } from './output.ts';
import { readChunks } from './read-file.ts';
import { whereMore } from './refusal.ts';
import { packagesIn, rosterIn } from './signed-files.ts';
import { bytesHere, loadedHere, nowOf, viewSite, type View } from './view.ts';

/** Says whether a file is an approved build: by its digest alone, whatever it is called. */
export const verifyArtifact: Command = {
  name: 'verify-artifact',
  files: ['FILE'],
  options: ['state', 'origin', 'json'],
  about: 'whether a file is an approved build, by whom and until when',
  help: [
    'Computes the SHA-256 digest of a file of any size and says which approved builds have it: partner, app, version, capabilities, who approved it, from when until when, and whether it is revoked.',
    'Ends with 0 when it is an approved build in force here, or a verifier package that the vendor lists; else with 1. It says what was approved, not that an app that runs is that file.',
  ],
  run({ files: [file = ''], state, origin }, progress) {
    const view = viewSite(state, origin);
    const opened = loadedHere(view);
    const { digest, length } = digestOf(file, progress);
    const found = findBuilds(view, opened, digest);
    const packaged = packagesIn(bytesHere(view)).get(digest) ?? null;
    const revoked =
      opened.nextFloor.revocations.get(subjectName({ kind: 'artifact', digest }))?.through ?? null;
    const problem = problemNow(view, opened);
    const approved = found.some(({ inForce }) => inForce) || packaged !== null;
    return {
      exit: approved && problem === null ? 0 : 1,
      lines: [
        visible(`${file}: ${String(length)} bytes, SHA-256`),
        digest,
        '',
        ...found.flatMap(({ lines }, i) => (i === 0 ? lines : ['', ...lines])),
        ...(packaged === null
          ? []
          : fold(`The vendor's verifier package ${packaged}, as the offline keys list it.`)),
        ...(found.length > 0 || packaged !== null ? [] : absent(opened, revoked)),
        ...(problem === null
          ? []
          : [
              '',
              ...fold(`But no app at all is admitted now: ${problem.code}. ${problem.message}`),
              ...whereMore(problem.code),
            ]),
      ],
      json: {
        type: 'appwarrant/artifact/1',
        digest,
        length,
        approved: approved && problem === null,
        problem:
          problem === null
            ? null
            : { code: problem.code, message: problem.message, page: pageOf(problem.code) },
        revokedThrough: revoked,
        package: packaged,
        builds: found.map(({ json }) => json),
      },
    };
  },
};

function digestOf(file: string, progress: Progress): { readonly digest: string; readonly length: number } {
  let length = 0;
  const whole = file === '-' ? undefined : statSync(file, { throwIfNoEntry: false })?.size;
  const pieces = function* (): Generator<Uint8Array> {
    for (const chunk of readChunks(file)) {
      length += chunk.length;
      if (whole !== undefined && whole > 64 * 1024 * 1024)
        progress(`Reading ${file}: ${String(Math.floor((100 * length) / whole))} %`);
      yield chunk;
    }
  };
  const digest = toHex(sha256OfPieces(pieces()));
  progress('');
  return { digest, length };
}

type Found = { readonly inForce: boolean; readonly lines: readonly string[]; readonly json: object };

/** Every listed build with this digest, approved or not. */
function findBuilds(view: View, opened: OpenedBundle, digest: string): readonly Found[] {
  const now = nowOf(view);
  const listed = [...opened.partnerRoles.values()].flatMap(({ content }) =>
    content.entries.filter((entry) => entry.digest === digest),
  );
  const { entries, refused } = opened.judgeOnly(new Set(listed.map(({ path }) => path)));
  const roster = rosterIn(bytesHere(view), view.anchor.environment);
  return [
    ...entries.map((entry) => describeApproved(entry, roster, opened, now)),
    ...refused.map(({ path, reason }) => {
      const custom = listed.find((each) => each.path === path)?.custom;
      return describeRefused(path, custom, reason);
    }),
  ];
}

function describeApproved(
  { path, custom, people }: Entry,
  roster: Roster | null,
  opened: OpenedBundle,
  now: number,
): Found {
  const [from, until] = [secondsOf(custom.validFrom), secondsOf(custom.expires)];
  const state = now < from ? 'not_yet_valid' : now >= until ? 'entry_expired' : null;
  const names = people.map((id) => roster?.approvers.find((approver) => approver.id === id)?.name ?? id);
  const word = state === null ? 'APPROVED' : state === 'not_yet_valid' ? 'NOT YET' : 'ENDED';
  const left = until > now ? `${duration(until - now)} from now` : `${duration(now - until)} ago`;
  const { customers } = custom;
  return {
    inForce: state === null,
    lines: [
      ...columns([
        [word, nameBuild(custom)],
        ['', `app ${custom.app.id} of ${custom.partner.id}, build ${custom.build.id}`],
        ['', `approved by ${names.join(', ')}; issued ${custom.issued}`],
        ['', `from ${custom.validFrom} until ${custom.expires}, ${left}`],
        [
          '',
          `for ${customers === 'all' ? 'all customers' : `${String(customers.length)} customers, ${opened.customer.name} among them`}`,
        ],
        ['', `capabilities: ${custom.capabilities.join(', ') || 'none'}; keys: ${custom.assurance}`],
      ]),
      ...(state === null ? [] : whereMore(state)),
    ],
    json: {
      path,
      approved: true,
      inForce: state === null,
      code: state,
      ...described(custom),
      approvedBy: people.map((id, i) => ({ id, name: names[i] })),
    },
  };
}

function describeRefused(path: string, custom: EntryCustom | undefined, reason: Refused): Found {
  const name = custom === undefined ? path : nameBuild(custom);
  return {
    inForce: false,
    lines: [
      ...columns([
        ['REFUSED', `${name}: ${reason.code}`],
        ['', reason.message],
      ]),
      ...whereMore(reason.code),
    ],
    json: {
      path,
      approved: false,
      inForce: false,
      code: reason.code,
      message: reason.message,
      page: pageOf(reason.code),
      ...(custom === undefined ? {} : described(custom)),
    },
  };
}

function described({
  partner,
  app,
  build,
  capabilities,
  assurance,
  customers,
  issued,
  validFrom,
  expires,
}: EntryCustom): object {
  return { partner, app, build, capabilities, assurance, customers, issued, validFrom, expires };
}

function absent({ license }: OpenedBundle, revoked: string | null): readonly string[] {
  const { partners } = license.custom;
  const whose =
    partners === 'all' ? 'all partners' : `${String(partners.length)} partners that the licence names`;
  return [
    ...(revoked === null ? [] : fold(`REVOKED: all that was issued until ${revoked} about this artifact.`)),
    ...fold(`NOT LISTED: no build with this digest is approved here. Listed are builds of ${whose}.`),
  ];
}

/** Why no app at all is admitted now, this one included; null while apps are. */
function problemNow({ clock }: View, { allowlist }: OpenedBundle): Refused | null {
  const judged = attempt(() => allowlist.judgeNow(Math.floor(clock.now() / 1000)));
  return judged instanceof Refused ? judged : null;
}
