import { consume } from '@lit/context';
import { Task } from '@lit/task';
import { html, LitElement, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import {
  bringSample,
  fetchOverview,
  type Ending,
  type FirstStep,
  type Overview,
  type Waiting,
} from '../data/overview.ts';
import { ask } from '../elements/confirm.ts';
import { loaded } from '../elements/loaded.ts';
import { OnReturn } from '../elements/on-return.ts';
import type { Tone } from '../elements/state.ts';
import { toast } from '../elements/toasts.ts';
import { countInWords, plural } from '../elements/words.ts';
import { hereContext, type Here } from '../shell/here.ts';
import { base, layout } from '../styles/shared.ts';
import { overviewStyles } from './overview.styles.ts';

import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/state.ts';
import '../elements/time.ts';

const ICONS: Readonly<Record<Waiting['kind'], string>> = {
  build: 'package',
  license: 'file-check',
  grant: 'key-round',
  approver: 'fingerprint',
  roster: 'stamp',
  publication: 'list-checks',
};

const SEVERITIES: Readonly<Record<Ending['severity'], Tone>> = { fine: 'quiet', soon: 'warn', now: 'bad' };

/** What waits for me, what was published when, what ends when. */
@customElement('aw-overview')
export class OverviewPage extends LitElement {
  @consume({ context: hereContext }) private here!: Here;
  #overview = new Task(
    this,
    (_, { signal }) => fetchOverview(signal),
    () => [],
  );

  static override styles = [base, layout, overviewStyles];

  constructor() {
    super();
    new OnReturn(this, () => void this.#overview.run());
  }

  override render() {
    const partner = this.here.person.partner;
    return html`
      <aw-page heading=${partner === null ? 'Overview' : partner.name}>
        ${
          partner === null
            ? nothing
            : html`<wa-button slot="actions" variant="brand" href="/apps"
                ><wa-icon slot="start" name="upload"></wa-icon>Submit a build</wa-button
              >`
        }
        ${loaded(this.#overview, (overview) => this.#show(overview))}
      </aw-page>
    `;
  }

  #show(overview: Overview) {
    const admin = this.here.person.role === 'admin';
    const untouched = admin && overview.counts.partners === 0 && !this.here.vendor.sample;
    return html`
      <div class="stack loose">
        ${this.#numbers(overview, admin)}
        <div class="columns">
          <div class="stack loose">
            ${overview.steps.some(({ done }) => !done) ? this.#steps(overview.steps) : nothing}
            ${untouched ? this.#untouched() : nothing}
            ${untouched && overview.waiting.length === 0 ? nothing : this.#waiting(overview, admin)}
          </div>
          <div class="stack loose">
            ${this.#published(overview, admin)} ${admin ? this.#ends(overview.ends) : nothing}
          </div>
        </div>
      </div>
    `;
  }

  #numbers({ counts }: Overview, admin: boolean) {
    const number = (href: string, count: number, label: string) =>
      html`<a href=${href}
        ><strong>${countInWords(count)}</strong><span class="quiet small">${label}</span></a
      >`;
    return html`<div class="panel numbers">
      ${number('/builds?state=waiting', counts.builds.waiting, 'builds waiting')}
      ${number('/builds?state=published', counts.builds.published, 'in the allowlist')}
      ${admin ? nothing : number('/builds?state=rejected', counts.builds.rejected, 'rejected')}
      ${number('/apps', counts.apps, counts.apps === 1 ? 'app' : 'apps')}
      ${admin ? number('/partners', counts.partners, counts.partners === 1 ? 'partner' : 'partners') : nothing}
      ${admin ? number('/customers', counts.customers, counts.customers === 1 ? 'customer' : 'customers') : nothing}
    </div>`;
  }

  #steps(steps: readonly FirstStep[]) {
    const next = steps.find(({ done }) => !done);
    const done = steps.filter((step) => step.done).length;
    return html`<section class="panel steps" aria-labelledby="steps">
      <div class="head">
        <h2 id="steps">First steps</h2>
        <span class="quiet small number">${done} of ${steps.length} done</span>
      </div>
      <ol class="list">
        ${steps.map(
          (step) =>
            html`<li>
              ${
                step.done
                  ? html`<div class="item done">
                      <wa-icon name="circle-check" label="Done"></wa-icon><strong>${step.title}</strong>
                    </div>`
                  : html`<a class="item ${step === next ? 'next' : ''}" href=${step.href}>
                      <wa-icon name=${step === next ? 'arrow-right' : 'circle'}></wa-icon
                      ><strong>${step.title}</strong>
                      ${step === next ? html`<span class="when">Next</span>` : nothing}
                    </a>`
              }
            </li>`,
        )}
      </ol>
    </section>`;
  }

  #untouched() {
    return html`<section class="panel">
      <aw-empty icon="flask-conical" heading="No partner has submitted anything yet">
        Invite a partner, or look around first: the sample brings three partners and forty builds to review.
        <wa-button slot="actions" appearance="outlined" href="/partners">Add a partner</wa-button>
        <wa-button slot="actions" variant="brand" @click=${this.#sample}>Bring the sample</wa-button>
      </aw-empty>
    </section>`;
  }

  #waiting({ waiting, waitingTotal }: Overview, admin: boolean) {
    const shown = waiting.slice(0, 10);
    return html`<section class="panel" aria-labelledby="waiting">
      <div class="head">
        <h2 id="waiting">${admin ? 'Waiting for you' : 'Under way'}</h2>
        ${waitingTotal > 0 ? html`<span class="quiet small number">${countInWords(waitingTotal)}</span>` : nothing}
      </div>
      ${
        shown.length === 0
          ? html`<aw-empty icon="check" heading=${admin ? 'Nothing waits' : 'Nothing is under way'}
              >${admin ? 'What partners submit, and what needs your approval, shows here.' : 'Builds that you submit show here until they are decided.'}</aw-empty
            >`
          : html`<ul class="list">
                ${shown.map(
                  (item) =>
                    html`<li>
                      <a class="item" href=${item.href}>
                        <wa-icon name=${ICONS[item.kind]}></wa-icon>
                        <span><strong>${item.title}</strong><span class="detail">${item.detail}</span></span>
                        <span class="when"><aw-time value=${item.since}></aw-time></span>
                      </a>
                    </li>`,
                )}
              </ul>
              ${
                waitingTotal > shown.length
                  ? html`<p class="more"><a href="/builds?state=waiting">All builds that wait</a></p>`
                  : nothing
              }`
      }
    </section>`;
  }

  #published({ published }: Overview, admin: boolean) {
    return html`<section class="panel" aria-labelledby="published">
      <div class="head">
        <h2 id="published">Allowlist</h2>
        ${admin ? html`<a class="small" href="/allowlist">Versions</a>` : nothing}
      </div>
      <div class="body">
        ${
          published === null
            ? html`<p class="quiet">Nothing has been published yet.</p>`
            : html`<p class="version number">Version ${published.version}</p>
                <p class="quiet">
                  Signed <aw-time value=${published.signedAt}></aw-time>, with
                  ${plural(published.entries, 'build')}.
                </p>`
        }
      </div>
    </section>`;
  }

  #ends(ends: readonly Ending[]) {
    return html`<section class="panel" aria-labelledby="ends">
      <div class="head"><h2 id="ends">What ends when</h2></div>
      <div class="body">
        ${
          ends.length === 0
            ? html`<p class="quiet">Nothing that could end yet.</p>`
            : html`<ul class="ends">
                ${ends.map(
                  ({ what, at, severity }) =>
                    html`<li>
                      <span>${what}</span>
                      <aw-state
                        tone=${SEVERITIES[severity]}
                        icon=${severity === 'fine' ? '' : 'calendar-clock'}
                        ><aw-time value=${at}></aw-time
                      ></aw-state>
                    </li>`,
                )}
              </ul>`
        }
      </div>
    </section>`;
  }

  #sample = (): void => {
    ask({
      heading: 'Bring the sample?',
      body: html`<p>
        Three partners and forty builds appear, to review and to try things with. They can be told by their
        names, and are never published unless you approve them.
      </p>`,
      action: 'Bring the sample',
      act: async () => {
        await bringSample();
        toast('Three partners and forty builds are here.');
        await this.#overview.run();
      },
    });
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-overview': OverviewPage;
  }
}
