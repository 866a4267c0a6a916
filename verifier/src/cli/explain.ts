import type { Allowlist } from '../allowlist.ts';
import { duration } from '../duration.ts';
import type { Admission } from '../http/admission.ts';
import { createdOf, explain as explainRequest, type Explanation, type Step } from '../http/explain.ts';
import { explainLogged, type LoggedExplanation } from '../http/explain-logged.ts';
import { standIn } from '../http/redacted-head.ts';
import { pageOf } from '../installed-page.ts';
import { attempt } from '../attempt.ts';
import { reasons, type ReasonCode } from '../reasons.ts';
import { Refused } from '../refused.ts';
import { isTime, secondsOf, timeOf } from '../time.ts';
import { NotUnderstood } from './arguments.ts';
import type { Answer, Command, Given } from './command.ts';
import { readLogged, type LoggedRequest } from './logged-request.ts';
import { fold, foldBehind, visible } from './output.ts';
import { readWhole } from './read-file.ts';
import { mostOfSaved, readSavedRequest, type SavedRequest } from './saved-request.ts';
import { loadedHere, nowOf, viewSite, type View } from './view.ts';
import { programName } from './program.ts';

/** Takes the check of one request apart: one that was saved, or one of which a log tells. */
export const explain: Command = {
  name: 'explain',
  files: ['FILE'],
  options: ['state', 'origin', 'at', 'json'],
  about: 'why a saved or logged request is admitted or refused, check by check',
  help: [
    'Takes a saved request (- for standard input) and says of each check of SPEC §10.6, in its order, what came of it. Ends with 0 when the request is admitted, 1 when it is refused, 2 when the file is no saved request.',
    'The file is a raw HTTP/1.1 message, or JSON: {"method":"GET","target":"/orders","headers":[["Name","value"]],"body":"base64","receivedAt":"2026-11-22T09:00:00Z"}; body and receivedAt may be missing.',
    'Or it is a log with the lines of refused requests (appwarrant/verdict/1), of which the last one is taken: grep for another. A log holds no signature, credential or body: what only they can show is told as it was then.',
    'Saved requests are old. So it is judged as at --at, else receivedAt, else the time at which its proof says it was created; --at now judges it as if it came now. Against the allowlist that is loaded, in any case.',
    'Nothing is admitted, no nonce is used up, and no credential is shown. Without --origin, the origin of the licence is taken where it has only one.',
  ],
  run(given) {
    const { files, state, origin } = given;
    const bytes = readWhole(files[0] ?? '', mostOfSaved);
    const logged = readLogged(bytes);
    const saved: SavedRequest =
      logged === null
        ? readSavedRequest(bytes)
        : { request: standIn(logged.head), receivedAt: logged.at, notes: [] };
    const view = viewSite(state, origin);
    const opened = loadedHere(view);
    const { deployment } = view.sight;
    const site = { allowlist: opened.allowlist, deployment, origin: origin ?? onlyOrigin(view) };
    const when = judgedAt(given, saved, site.origin, nowOf(view));
    const notes = [...saved.notes, ...standingNow(view, opened.allowlist, when.at)];
    if (logged !== null) {
      const explanation = explainLogged(logged, site, when.at);
      return answerLogged({ saved, site, explanation, when, notes }, logged);
    }
    const explanation = explainRequest(saved.request, site, when.at);
    return answer({ saved, site, explanation, when, notes });
  },
};

type When = { readonly at: number; readonly from: 'given' | 'received' | 'created' | 'now' };

type Told<E> = {
  readonly saved: SavedRequest;
  readonly site: { readonly allowlist: Allowlist; readonly deployment: string; readonly origin: string };
  readonly explanation: E;
  readonly when: When;
  readonly notes: readonly string[];
};

function judgedAt({ at }: Given, { request, receivedAt }: SavedRequest, origin: string, now: number): When {
  if (at === 'now') return { at: now, from: 'now' };
  if (at !== null) {
    if (!isTime(at)) throw new NotUnderstood('--at takes a time such as 2026-11-22T09:00:00Z, or now.');
    return { at: secondsOf(at), from: 'given' };
  }
  if (receivedAt !== null) return { at: receivedAt, from: 'received' };
  const created = createdOf(request, origin);
  return created === null || created >= 253402300800
    ? { at: now, from: 'now' }
    : { at: created, from: 'created' };
}

function onlyOrigin(view: View): string {
  const { deployments } = loadedHere(view).license.custom;
  const origins = deployments.find(({ id }) => id === view.sight.deployment)?.origins ?? [];
  const [first, second] = origins;
  if (first === undefined || second !== undefined)
    throw new NotUnderstood(`Say with --origin which it is: ${origins.join(', ')}.`);
  return first;
}

/** Whatever the request, what stands against all of them now. */
function standingNow({ clock }: View, allowlist: Allowlist, at: number): readonly string[] {
  const now = attempt(() => Math.floor(clock.now() / 1000));
  const refused = now instanceof Refused ? now : attempt(() => allowlist.judgeNow(now));
  const notes = [];
  if (refused instanceof Refused)
    notes.push(`Now every request is refused: ${refused.code}. ${refused.message}`);
  if (at < allowlist.signedAt)
    notes.push(`The allowlist is newer than that: it was signed ${duration(allowlist.signedAt - at)} later.`);
  return notes;
}

function answer(told: Told<Explanation>): Answer {
  const { verdict } = told.explanation;
  const isRefused = verdict instanceof Refused;
  return {
    exit: isRefused ? 1 : 0,
    lines: [...linesOf(told), ...verdictLines(verdict)],
    json: {
      ...jsonOf(told),
      admitted: !isRefused,
      code: isRefused ? verdict.code : verdict.kind === 'app' ? null : verdict.refused.code,
      status: isRefused ? verdict.status : null,
      by: isRefused ? null : verdict.kind,
      app: isRefused || verdict.kind !== 'app' ? null : whoOf(verdict),
      logged: null,
    },
  };
}

/** What was decided stands in the log; here only what is left of the request is judged again. */
function answerLogged(
  told: Told<LoggedExplanation>,
  { at, code, isAdmitted, message }: LoggedRequest,
): Answer {
  const { again } = told.explanation;
  const { status, title } = reasons[code];
  return {
    exit: isAdmitted ? 0 : 1,
    lines: [
      ...fold(
        `${isAdmitted ? 'Admitted by a grant alone' : 'Refused'} at ${timeOf(at)}: ${code} (${String(status)}), ${title}.`,
      ),
      ...fold(message),
      ...linesOf(told),
      ...fold(`${isAdmitted ? 'WITHOUT THE GRANT' : 'REFUSED'}: ${againWords(code, again)}`),
    ],
    json: {
      ...jsonOf(told),
      admitted: isAdmitted,
      code,
      status: isAdmitted ? null : status,
      by: null,
      app: null,
      logged: { at: timeOf(at), message, again },
    },
  };
}

/** What judging it again has shown. */
function againWords(code: ReasonCode, again: ReasonCode | null): string {
  if (again === code) return `${code}, as it was then.`;
  if (again !== null)
    return `it was ${code} then; by the allowlist that is loaded now, and as at that time, it is ${again}.`;
  const outside = outsideOfChecks.get(code);
  if (outside !== undefined) return `${code}, as it was then: ${outside}`;
  return `it was ${code} then. Every check that what the log holds can show passes now: something else has changed since, such as the bundle, or only the server could see it.`;
}

/** What is refused before the check or behind it, which cannot be repeated here. */
const outsideOfChecks: ReadonlyMap<ReasonCode, string> = new Map([
  ['identity_header_forged', 'the sidecar refuses that before any check.'],
  ['protocol_unsupported', 'that is refused before any check.'],
  ['body_unchecked', 'the sidecar refuses that behind the checks, where the proxy has handed on no body.'],
  ['capability_missing', 'the route refuses that behind the checks, for it demands more than was proved.'],
]);

const sources: Readonly<Record<When['from'], string>> = {
  given: 'the time that was given',
  received: 'when it was received',
  created: 'when its proof says it was created (--at judges it as at another time)',
  now: 'now',
};

function linesOf<E extends Pick<Explanation, 'steps'>>(told: Told<E>): readonly string[] {
  const { saved, site, explanation, when, notes } = told;
  const { method, target } = saved.request;
  const { allowlist } = site;
  return [
    visible(`${method} ${site.origin}${target}`),
    ...fold(
      `Judged as at ${timeOf(when.at)}, ${sources[when.from]}, by allowlist ${String(allowlist.versions.timestamp)}, signed ${timeOf(allowlist.signedAt)}.`,
    ),
    ...notes.flatMap((note) => fold(`Note: ${note}`, 6)),
    '',
    ...explanation.steps.flatMap(rowsOf),
    '',
  ];
}

function rowsOf({ step, outcome, says, ...rest }: Step): readonly string[] {
  const word = outcome === 'refused' ? 'REFUSED' : outcome;
  const head = `${word.padEnd(16)}${step.padEnd(12)}`;
  const space = ' '.repeat(head.length);
  if (!('refused' in rest)) return foldBehind(head, says).map((line) => line.trimEnd());
  const { code } = rest.refused;
  return [
    ...foldBehind(head, says === '' ? `${reasons[code].title}.` : says),
    ...foldBehind(`${space}→ `, reasons[code].sentence),
    `${space}→ ${programName()} help ${code}`,
    ...Object.entries(rest.facts).flatMap(factLines),
  ];
}

/** A fact on lines of its own, not folded: it is there to be compared character by character. */
function factLines([name, value]: readonly [string, string]): readonly string[] {
  const [first = '', ...rest] = value.split('\n').map(visible);
  if (rest.length === 0) return [`    ${name}: ${first}`];
  return [`    ${name}, as this server computes it:`, ...[first, ...rest].map((line) => `      ${line}`)];
}

function verdictLines(verdict: Explanation['verdict']): readonly string[] {
  if (verdict instanceof Refused) return fold(`REFUSED: ${verdict.code} (${String(verdict.status)}).`);
  if (verdict.kind !== 'app') {
    const { refused, grant } = verdict;
    const name = verdict.kind === 'monitored' ? 'MONITOR MODE' : 'BREAK-GLASS';
    return fold(`Admitted by ${name} alone, until ${grant.expires}; without it: ${refused.code}.`);
  }
  return fold(`Admitted, if its nonce was not used before: ${appOf(verdict)}.`);
}

function appOf({ app, partner, build, proves }: Admission & { readonly kind: 'app' }): string {
  const which = build === 'unproven' ? 'build unproven' : build.version;
  return `${app.name} (${which}) of ${partner.name}; it proves the ${proves}`;
}

function whoOf({ partner, app, build, capabilities }: Admission & { readonly kind: 'app' }): object {
  return { partner, app, build, capabilities };
}

function jsonOf<E extends Pick<Explanation, 'steps'>>(told: Told<E>): object {
  const { saved, site, explanation, when, notes } = told;
  const { method, target } = saved.request;
  return {
    type: 'appwarrant/explanation/1',
    method,
    target,
    origin: site.origin,
    deployment: site.deployment,
    at: timeOf(when.at),
    atIs: when.from,
    notes,
    checks: explanation.steps.map(({ step, outcome, says, facts, ...rest }) => {
      const code = 'refused' in rest ? rest.refused.code : null;
      return {
        check: step,
        outcome,
        code,
        says,
        todo: code === null ? null : reasons[code].sentence,
        page: code === null ? null : pageOf(code),
        facts,
      };
    }),
  };
}
