import type { Finding, Level } from '../../cli/doctor/finding.ts';
import { count, duration } from '../../duration.ts';
import { isReasonCode, readPage } from '../../installed-page.ts';
import { secondsOf } from '../../time.ts';
import { fromPage, html, type Markup } from './html.ts';
import type { RecentRefusal } from './recent.ts';
import type { AdmittedBuild, Snapshot } from './snapshot.ts';
import { style } from './style.ts';

/** How many refusals the page lists; `/status.json` has more. */
const mostRefusals = 40;

/** The status page: what is admitted, what needs doing, who was refused and why. */
export function statusPage(snapshot: Snapshot): string {
  const { vendor, environment, at } = snapshot;
  const title = `${vendor ?? 'AppWarrant'} verifier`;
  return document(
    `${headline(snapshot).words} · ${title}`,
    html`<header class="top">
        <p class="name">${title}</p>
        <p>${snapshot.origin}</p>
        ${environment === 'development' ? html`<p><span class="chip soon">Development keys</span></p>` : html``}
        <p class="when">As of <time datetime="${at}">${dated(at)}</time> · <a href="/">Look again</a></p>
      </header>
      <main>
        ${verdict(snapshot)} ${facts(snapshot)} ${todo(snapshot.findings)} ${builds(snapshot)}
        ${refusals(snapshot)} ${health(snapshot.findings)} ${foot(snapshot)}
      </main>`,
  );
}

/** The page of a code; null where there is none. */
export function codePage(code: string): string | null {
  const text = readPage(code);
  if (text === null) return null;
  return document(
    `${code} · verifier`,
    html`<header class="top">
        <p><a href="/">Status</a></p>
      </header>
      <main><article>${fromPage(text)}</article></main>`,
  );
}

/** To the byte what the policy names by its digest. */
const styleElement: Markup = { markup: `<style>${style}</style>` };

function document(title: string, body: Markup): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${styleElement}
      </head>
      <body>
        ${body}
      </body>
    </html>`.markup;
}

function headline({ problem, allowlist }: Snapshot): { readonly level: Level; readonly words: string } {
  if (problem !== null) return { level: 'now', words: 'No app is admitted' };
  const { monitor = null, breakGlass = null } = allowlist?.grants ?? {};
  if (monitor !== null) return { level: 'soon', words: 'Monitor mode: every app is admitted' };
  if (breakGlass !== null) return { level: 'soon', words: 'Break-glass: every app is admitted' };
  if (allowlist?.freshness === 'stale')
    return { level: 'soon', words: 'Approved apps are admitted, by a stale allowlist' };
  return { level: 'ok', words: 'Approved apps are admitted' };
}

function verdict(snapshot: Snapshot): Markup {
  const { level, words } = headline(snapshot);
  const { problem, allowlist } = snapshot;
  const grant = allowlist?.grants.monitor ?? allowlist?.grants.breakGlass ?? null;
  const says =
    problem !== null
      ? html`<p>${problem.message}</p>
          <p>${codeLink(problem.code)}</p>`
      : grant !== null
        ? html`<p>
            The vendor has granted it until ${dated(grant)}. Requests that would be refused are listed below.
          </p>`
        : html`<p>Whoever is not on the vendor’s list is refused, with the reason.</p>`;
  return html`<section class="verdict ${level}">
    <h1>${words}</h1>
    ${says}
  </section>`;
}

function facts({ allowlist, customer, deployment }: Snapshot & { readonly customer?: string }): Markup {
  const fact = (name: string, value: string, more = ''): Markup =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}${more === '' ? html`` : html`<small>${more}</small>`}</dd>
    </div>`;
  const id = fact('Deployment', deployment ?? 'not activated', customer ?? '');
  if (allowlist === null) return html`<dl class="facts">${fact('Allowlist', 'none loaded')}${id}</dl>`;
  const { age, freshness, freshUntil, expires, license, versions, builds: counts } = allowlist;
  const fresh = { fresh: 'Fresh', stale: 'Stale', expired: 'Expired' }[freshness];
  return html`<dl class="facts">
    ${fact('Allowlist', `Number ${String(versions.timestamp)}`, `signed ${duration(age)} ago`)}
    ${fact('Freshness', fresh, freshUntil === null ? '' : `fresh until ${dated(freshUntil)}`)}
    ${fact('Grace until', expires === null ? 'over' : dated(expires), 'then every request is refused')}
    ${fact('Licence until', dated(license.expires), allowlist.customer.name)}
    ${fact('Builds', count(counts.approved + counts.unjudged, 'approved build'), count(counts.partners, 'partner'))}
    ${id}
  </dl>`;
}

function todo(findings: readonly Finding[]): Markup {
  const open = findings.filter(({ level }) => level !== 'ok');
  if (open.length === 0)
    return html`<h2>Needs doing</h2>
      <p class="empty">Nothing: all is in order.</p>`;
  const words = { now: 'Now', soon: 'Soon', ok: 'Fine' };
  return html`<h2>Needs doing <span class="count">${open.length}</span></h2>
    <ul class="todo">
      ${open.map(
        ({ level, says, todo: what, code }) =>
          html`<li class="${level}">
            <span class="chip">${words[level]}</span>
            <div>
              <p>${says}</p>
              ${what === null ? html`` : html`<p class="do">${what} ${code === null ? html`` : codeLink(code)}</p>`}
            </div>
          </li>`,
      )}
    </ul>`;
}

function builds({ builds: list, moreBuilds, allowlist }: Snapshot): Markup {
  if (list.length === 0) {
    // What is in force was read before; what is stored now is looked at for this page.
    const words =
      (allowlist?.builds.approved ?? 0) === 0
        ? 'No build is approved here.'
        : 'The approved builds cannot be shown: what is stored here cannot be read.';
    return html`<h2>Admitted apps</h2>
      <p class="empty">${words}</p>`;
  }
  return html`<h2>Admitted apps <span class="count">${list.length + moreBuilds}</span></h2>
    <div class="table" tabindex="0" role="region" aria-label="Admitted apps">
      <table>
        <thead>
          <tr>
            <th scope="col">App</th>
            <th scope="col">May do</th>
            <th scope="col">Until</th>
            <th scope="col">Requests</th>
          </tr>
        </thead>
        <tbody>
          ${list.map(buildRow)}
        </tbody>
      </table>
    </div>
    ${moreBuilds === 0 ? html`` : html`<p class="empty">And ${moreBuilds} more, which end later.</p>`}`;
}

function buildRow({
  app,
  partner,
  version,
  platform,
  capabilities,
  expires,
  left,
  served,
}: AdmittedBuild): Markup {
  const level: Level = left < 3 * 86_400 ? 'now' : left < 30 * 86_400 ? 'soon' : 'ok';
  const when =
    level === 'ok'
      ? html`${duration(left)} left`
      : html`<span class="chip ${level}">${duration(left)} left</span>`;
  return html`<tr>
    <td>${app.name} ${version}<small>${partner.name} · ${platform}</small></td>
    <td data-label="May do">
      <span class="mono">${capabilities.join(', ') || 'nothing in particular'}</span>
    </td>
    <td data-label="Until" class="number">${dated(expires)}<small>${when}</small></td>
    <td data-label="Requests" class="number">
      ${served === null ? 'none yet' : html`${served.times}<small>last ${timed(served.last)}</small>`}
    </td>
  </tr>`;
}

function refusals({ refusals: list, counts, startedAt }: Snapshot): Markup {
  const since = html`since ${dated(startedAt)}`;
  if (list.length === 0)
    return html`<h2>Refused of late</h2>
      <p class="empty">Nobody, ${since}.</p>`;
  const all = counts.reduce((sum, { times }) => sum + times, 0);
  const rest = list.length - mostRefusals;
  return html`<h2>Refused of late <span class="count">${count(all, 'request')} ${since}</span></h2>
    <div class="table" tabindex="0" role="region" aria-label="Refused of late">
      <table>
        <thead>
          <tr>
            <th scope="col">Why</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          ${list.slice(0, mostRefusals).map(refusalRow)}
        </tbody>
      </table>
    </div>
    ${rest <= 0 ? html`` : html`<p class="empty">And ${rest} more, in <a href="/status.json">status.json</a>.</p>`}`;
}

function refusalRow({ code, message, request, app, last, times, admitted }: RecentRefusal): Markup {
  const who =
    app === null
      ? html`Unknown`
      : html`${app.name}<small>${app.partner}${app.proven ? '' : ' · by its own word'}</small>`;
  return html`<tr>
    <td>
      ${codeLink(code)}${admitted ? html` <span class="chip soon">admitted by a grant</span>` : html``}<small
        >${message}</small
      ><small>${whoFixes(code)}</small>
    </td>
    <td data-label="Who">${who}</td>
    <td data-label="What"><span class="mono">${request === '' ? 'not readable' : request}</span></td>
    <td data-label="Last" class="number">
      ${timed(last)}${times > 1 ? html`<small>${times} times</small>` : html``}
    </td>
  </tr>`;
}

/** By the page of the code, which says it in its own words. */
function whoFixes(code: string): string {
  const found = /^\*\*Who can fix it\.\*\* (.+)$/m.exec(readPage(code) ?? '')?.[1];
  return found === undefined ? '' : `Who can fix it: ${found.replaceAll('`', '')}`;
}

function health(findings: readonly Finding[]): Markup {
  const fine = findings.filter(({ level }) => level === 'ok');
  if (fine.length === 0) return html``;
  return html`<h2>In order <span class="count">${fine.length}</span></h2>
    <details>
      <summary>Clock, state folder, signatures, licence</summary>
      <ul class="todo">
        ${fine.map(
          ({ id, says }) =>
            html`<li class="ok">
              <span class="chip">${id}</span>
              <p>${says}</p>
            </li>`,
        )}
      </ul>
    </details>`;
}

function foot({ listens, version, startedAt, registry }: Snapshot): Markup {
  return html`<footer>
    <p>Version ${version}, started ${dated(startedAt)}. Listens at <code>${listens.join(', ')}</code>.</p>
    <p>Registry <code>${registry ?? 'none'}</code></p>
    <p>
      <a href="/status.json">status.json</a> · <a href="/metrics">metrics</a> · <a href="/readyz">readyz</a>
    </p>
  </footer>`;
}

function codeLink(code: string): Markup {
  return isReasonCode(code)
    ? html`<a class="mono" href="/codes/${code}">${code}</a>`
    : html`<span class="mono">${code}</span>`;
}

/** A time as people read it, in UTC, which the page cannot change for them. */
function dated(time: string): string {
  const date = new Date(secondsOf(time) * 1000);
  const day = `${String(date.getUTCDate())} ${months[date.getUTCMonth()] ?? ''} ${String(date.getUTCFullYear())}`;
  return `${day}, ${time.slice(11, 16)} UTC`;
}

function timed(time: string): string {
  return `${time.slice(11, 19)} UTC`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
