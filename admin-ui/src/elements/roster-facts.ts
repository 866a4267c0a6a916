import { html, type TemplateResult } from 'lit';
import type { RosterAnswer } from '../data/roster.ts';
import { durationInWords, plural } from './words.ts';

import './time.ts';

/** How many people it takes, and the most that anything may be given. */
export function rosterRules({ thresholds, ceilings }: RosterAnswer): TemplateResult {
  const people = (count: number) => plural(count, 'person', 'people');
  return html`<section class="panel" aria-labelledby="rules">
    <div class="head"><h2 id="rules">It takes</h2></div>
    <dl class="body facts">
      <dt>A build</dt>
      <dd>${people(thresholds.entry)}</dd>
      <dt>A licence</dt>
      <dd>${people(thresholds.licence)}</dd>
      <dt>A grant</dt>
      <dd>${people(thresholds.grant)}</dd>
      <dt>Fresh at most</dt>
      <dd>${durationInWords(ceilings.fresh)}</dd>
      <dt>Grace at most</dt>
      <dd>${durationInWords(ceilings.grace)}</dd>
      <dt>Monitor at most</dt>
      <dd>${durationInWords(ceilings.monitor)}</dd>
      <dt>Break-glass at most</dt>
      <dd>${durationInWords(ceilings.breakGlass)}</dd>
      <dt>Entries valid for</dt>
      <dd>${durationInWords(ceilings.entryValidity)}</dd>
    </dl>
  </section>`;
}

/** Which version it is, and where its passkeys are used. */
export function rosterPlace({ version, rpId, origins, expires }: RosterAnswer): TemplateResult {
  return html`<section class="panel" aria-labelledby="where">
    <div class="head"><h2 id="where">Signed</h2></div>
    <dl class="body facts stacked">
      <dt>Version</dt>
      <dd>${version}</dd>
      <dt>Ends</dt>
      <dd><aw-time value=${expires}></aw-time></dd>
      <dt>Passkeys of</dt>
      <dd><code>${rpId}</code></dd>
      <dt>Approving at</dt>
      <dd>${origins.map((origin) => html`<div><code>${origin}</code></div>`)}</dd>
    </dl>
  </section>`;
}
