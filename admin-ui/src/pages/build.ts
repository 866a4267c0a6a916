import { consume } from '@lit/context';
import { Task } from '@lit/task';
import { html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import {
  artifactAddress,
  deliveryNoteAddress,
  fetchBuild,
  rejectBuild,
  revokeBuild,
  type Build,
} from '../data/builds.ts';
import { openApproval } from '../elements/approving.ts';
import { ask } from '../elements/confirm.ts';
import { showFindings } from '../elements/findings.ts';
import { loaded } from '../elements/loaded.ts';
import { OnReturn } from '../elements/on-return.ts';
import { buildState, keyInWords } from '../elements/states.ts';
import { toast } from '../elements/toasts.ts';
import { sizeInWords } from '../elements/words.ts';
import { hereContext, type Here } from '../shell/here.ts';
import { base, layout } from '../styles/shared.ts';
import { buildStyles } from './build.styles.ts';

import '../elements/copy.ts';
import '../elements/page.ts';
import '../elements/time.ts';
import '../elements/timeline.ts';

/** One build: what it is, what was found in it, what has become of it, and what can be done. */
@customElement('aw-build')
export class BuildPage extends LitElement {
  @consume({ context: hereContext }) private here!: Here;
  @property({ attribute: false }) buildId = '';
  #build = new Task(
    this,
    ([id], { signal }) => fetchBuild(id, signal),
    () => [this.buildId] as const,
  );

  static override styles = [base, layout, buildStyles];

  constructor() {
    super();
    new OnReturn(this, () => void this.#build.run());
  }

  override render() {
    const build = this.#build.value;
    return html`
      <aw-page
        heading=${build === undefined ? 'Build' : `${build.app.name} ${build.version}`}
        back-href="/builds"
        back-label="Builds"
      >
        ${
          build === undefined
            ? nothing
            : html`<p slot="lead" class="row">
                ${buildState(build)}
                <span
                  >${build.partner.name} · ${build.platform} · submitted
                  <aw-time value=${build.submitted}></aw-time> by ${build.submittedBy.name}</span
                >
              </p>`
        }
        ${build !== undefined && this.here.person.role === 'admin' ? this.#actions(build) : nothing}
        ${loaded(this.#build, (build) => this.#show(build))}
      </aw-page>
    `;
  }

  #actions(build: Build) {
    if (build.state === 'waiting') {
      return html`
        <wa-button slot="actions" appearance="outlined" @click=${() => this.#reject(build)}>Reject</wa-button>
        ${
          this.#isMine(build)
            ? nothing
            : html`<wa-button slot="actions" variant="brand" @click=${() => this.#approve(build)}
                ><wa-icon slot="start" name="stamp"></wa-icon>Approve</wa-button
              >`
        }
      `;
    }
    if (build.state === 'approved' || build.state === 'published') {
      return html`<wa-button
        slot="actions"
        variant="danger"
        appearance="outlined"
        @click=${() => this.#revoke(build)}
        >Revoke</wa-button
      >`;
    }
    if (build.state === 'revoked') {
      return html`<wa-button slot="actions" appearance="outlined" @click=${() => this.#approve(build, true)}
        >Approve anew</wa-button
      >`;
    }
    return nothing;
  }

  /** Whether this person has approved: nobody counts twice. */
  #isMine({ approvedBy }: Build): boolean {
    return approvedBy.some(({ who }) => who.id === this.here.person.id);
  }

  #show(build: Build) {
    return html`
      <div class="columns">
        <div class="stack loose">
          ${build.reason === null ? nothing : this.#verdict(build, build.reason)} ${this.#identity(build)}
          ${showFindings(build.findings)}
        </div>
        <div class="stack loose">${this.#approvals(build)} ${this.#files(build)} ${this.#history(build)}</div>
      </div>
    `;
  }

  #verdict(build: Build, reason: string) {
    return html`<div class="verdict">
      <strong
        >${build.state === 'revoked' ? 'Revoked' : 'Rejected'}${build.decided === null ? nothing : html` <aw-time value=${build.decided}></aw-time>`}</strong
      >
      <p>${reason}</p>
      ${
        build.state === 'rejected' && this.here.person.role === 'partner'
          ? html`<p class="quiet small">
              Submit a build that answers this; every build is decided by itself.
            </p>`
          : nothing
      }
    </div>`;
  }

  #identity(build: Build) {
    return html`<section class="panel" aria-labelledby="identity">
      <div class="head"><h2 id="identity">Identity</h2></div>
      <dl class="body facts">
        <dt>App</dt>
        <dd>
          <a href=${`/apps/${build.app.id}`}>${build.app.name}</a>
          <code class="quiet">${build.app.slug}</code>
        </dd>
        <dt>Partner</dt>
        <dd>
          ${this.here.person.role === 'admin' ? html`<a href=${`/partners/${build.partner.id}`}>${build.partner.name}</a>` : build.partner.name}
        </dd>
        <dt>Version</dt>
        <dd>${build.version}</dd>
        <dt>Digest</dt>
        <dd>
          <aw-copy value=${build.digest} what="the digest"></aw-copy>
          <span class="command"
            >Take the file and run <code>sha256sum FILE</code>: it must print exactly this.</span
          >
        </dd>
        <dt>File</dt>
        <dd>${build.kind === 'unknown' ? 'Unknown kind' : build.kind}, ${sizeInWords(build.length)}</dd>
        <dt>May use</dt>
        <dd class="capabilities">
          ${build.capabilities.length === 0 ? html`<span class="quiet">Nothing that needs a capability</span>` : build.capabilities.map((name) => html`<code>${name}</code>`)}
        </dd>
        <dt>At</dt>
        <dd>
          ${build.customers === 'all' ? 'Every customer' : build.customers.map((id) => html`<a href=${`/customers/${id}`}><code>${id}</code></a> `)}
        </dd>
        <dt>Key</dt>
        <dd><aw-copy value=${build.thumbprint} what="the key’s thumbprint"></aw-copy></dd>
        <dt>Key is held</dt>
        <dd>${keyInWords(build.use, build.holder)}</dd>
      </dl>
    </section>`;
  }

  #approvals({ approvedBy, approvals, approvalsNeeded, state }: Build) {
    const missing = state === 'waiting' ? Math.max(0, approvalsNeeded - approvals) : 0;
    return html`<section class="panel" aria-labelledby="approvals">
      <div class="head">
        <h2 id="approvals">Approvals</h2>
        <span class="quiet small number">${approvals} of ${approvalsNeeded}</span>
      </div>
      <div class="body">
        <ul class="people stack tight">
          ${approvedBy.map(
            ({ who, at }) =>
              html`<li>
                <wa-icon name="badge-check"></wa-icon
                ><span>${who.id === this.here.person.id ? 'You' : who.name}</span>
                <span class="quiet small"><aw-time value=${at}></aw-time></span>
              </li>`,
          )}
          ${Array.from(
            { length: missing },
            (_, index) =>
              html`<li class="open quiet">
                <wa-icon name="circle-dashed"></wa-icon
                >${approvals + index === 0 ? 'An approver' : 'Another approver'}
              </li>`,
          )}
          ${approvedBy.length === 0 && missing === 0 ? html`<li class="quiet">Nobody has approved this build.</li>` : nothing}
        </ul>
      </div>
    </section>`;
  }

  #files(build: Build) {
    if (!build.artifact && !build.deliveryNote) return nothing;
    return html`<section class="panel" aria-labelledby="files">
      <div class="head"><h2 id="files">Files</h2></div>
      <div class="body downloads">
        ${build.artifact ? html`<wa-button size="s" appearance="outlined" href=${artifactAddress(build.id)} download><wa-icon slot="start" name="download"></wa-icon>The build</wa-button>` : nothing}
        ${
          build.deliveryNote
            ? html`<wa-button size="s" appearance="outlined" href=${deliveryNoteAddress(build.id)} download
                  ><wa-icon slot="start" name="file-check"></wa-icon>Delivery note</wa-button
                >
                <p class="quiet small">
                  For outside tools, such as <code>openssl cms -verify</code>. It approves nothing.
                </p>`
            : nothing
        }
      </div>
    </section>`;
  }

  #history({ history }: Build) {
    return html`<section class="panel" aria-labelledby="history">
      <div class="head"><h2 id="history">History</h2></div>
      <div class="body"><aw-timeline .lines=${history}></aw-timeline></div>
    </section>`;
  }

  #approve(build: Build, again = false): void {
    openApproval(
      [{ kind: 'build', id: build.id, ...(again ? { again } : {}) }],
      `${build.app.name} ${build.version}`,
    );
  }

  #reject(build: Build): void {
    ask({
      heading: `Reject ${build.app.name} ${build.version}?`,
      body: html`<p>
        ${build.partner.name} reads your reason, and submits another build if they want to. This one cannot be
        approved afterwards.
      </p>`,
      action: 'Reject the build',
      danger: true,
      reason: { label: 'Why', hint: 'Say what is wrong, and what would be right.' },
      act: async (answers) => {
        await rejectBuild(build.id, answers('reason'));
        toast(`${build.app.name} ${build.version} is rejected.`);
        await this.#build.run();
      },
    });
  }

  #revoke(build: Build): void {
    ask({
      heading: `Revoke ${build.app.name} ${build.version}?`,
      body: html`<p>
        Every customer’s server refuses this build as soon as it has loaded the next bundle. To admit it again
        it must be approved anew.
      </p>`,
      action: 'Revoke the build',
      danger: true,
      reason: { label: 'Why', hint: 'The partner and the audit trail keep this sentence.' },
      act: async (answers) => {
        await revokeBuild(build.id, answers('reason'));
        toast(`${build.app.name} ${build.version} is revoked.`);
        await this.#build.run();
      },
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-build': BuildPage;
  }
}
