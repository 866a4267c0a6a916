import { consume } from '@lit/context';
import { Task } from '@lit/task';
import { css, html, LitElement } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import {
  fetchVerifierPackage,
  makeVerifierPackage,
  verifierPackageAddress,
  type VerifierPackage,
} from '../data/verifier-package.ts';
import { loaded } from '../elements/loaded.ts';
import { toast } from '../elements/toasts.ts';
import { sizeInWords } from '../elements/words.ts';
import { hereContext, type Here } from '../shell/here.ts';
import { base, layout } from '../styles/shared.ts';

import '../elements/copy.ts';
import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/problem.ts';
import '../elements/time.ts';

/** The package that customers install, with this vendor's trust anchor inside. */
@customElement('aw-verifier-package')
export class VerifierPackagePage extends LitElement {
  @consume({ context: hereContext }) private here!: Here;
  @state() private busy = false;
  @state() private error: unknown = null;
  #package = new Task(
    this,
    (_, { signal }) => fetchVerifierPackage(signal),
    () => [],
  );

  static override styles = [
    base,
    layout,
    css`
      .steps {
        display: grid;
        gap: var(--aw-4);
        counter-reset: step;
      }
      .steps li {
        display: grid;
        gap: var(--aw-1);
      }
      pre {
        margin: 0;
        padding: var(--aw-2) var(--aw-3);
        overflow-x: auto;
        border: 1px solid var(--aw-line);
        border-radius: var(--aw-radius-small);
        background: var(--aw-sunken);
        font-family: var(--aw-mono);
        font-size: var(--aw-size-small);
      }
    `,
  ];

  override render() {
    const exists = (this.#package.value ?? null) !== null;
    return html`
      <aw-page heading="Verifier package">
        <p slot="lead">
          What customers install: the verifier, with the trust anchor of ${this.here.vendor.name} compiled in.
          Nothing on the customer’s side can replace it.
        </p>
        <wa-button
          slot="actions"
          appearance=${exists ? 'outlined' : 'accent'}
          variant=${exists ? 'neutral' : 'brand'}
          ?loading=${this.busy}
          @click=${this.#make}
          ><wa-icon slot="start" name="package-check"></wa-icon
          >${exists ? 'Make it anew' : 'Make the package'}</wa-button
        >
        <div class="stack">
          <aw-problem .error=${this.error}></aw-problem>
          ${loaded(this.#package, (made) => (made === null ? this.#none() : this.#show(made)))}
        </div>
      </aw-page>
    `;
  }

  #none() {
    return html`<section class="panel">
      <aw-empty icon="shield-check" heading="No package has been made yet">
        It is made from the verifier of this release, and takes a second. Every customer installs the same
        file.
      </aw-empty>
    </section>`;
  }

  #show(made: VerifierPackage) {
    const { slug } = this.here.vendor;
    return html`<div class="columns">
      <section class="panel" aria-labelledby="install">
        <div class="head"><h2 id="install">How a customer installs it</h2></div>
        <ol class="body steps">
          <li>
            <span>Check the file against the digest, which you hand over on another way.</span>
            <pre tabindex="0" aria-label="Command">sha256sum ${made.file}</pre>
          </li>
          <li>
            <span>Install it where the server runs. It needs nothing else, and no network.</span>
            <pre tabindex="0" aria-label="Command">npm install ./${made.file}</pre>
          </li>
          <li>
            <span
              >Activate the deployment. It makes a key that never leaves that machine, and prints the
              deployment id, which you list under the customer.</span
            >
            <pre tabindex="0" aria-label="Command">
npx ${slug}-verifier activate --state /var/lib/${slug}-verifier</pre>
          </li>
          <li>
            <span>Load the customer’s bundle.</span>
            <pre tabindex="0" aria-label="Command">
npx ${slug}-verifier load customer.bundle \\
  --state /var/lib/${slug}-verifier --origin https://erp.example.com</pre>
          </li>
        </ol>
      </section>
      <section class="panel" aria-labelledby="package">
        <div class="head"><h2 id="package">Newest</h2></div>
        <div class="body stack">
          <dl class="facts stacked">
            <dt>File</dt>
            <dd><code>${made.file}</code></dd>
            <dt>Version</dt>
            <dd>${made.version}</dd>
            <dt>Size</dt>
            <dd>${sizeInWords(made.length)}</dd>
            <dt>Digest</dt>
            <dd><aw-copy value=${made.digest} what="the digest"></aw-copy></dd>
            <dt>Made</dt>
            <dd><aw-time value=${made.created}></aw-time></dd>
            <dt>Starts at</dt>
            <dd>roster version ${made.targetsVersion}; older ones are refused for ever</dd>
          </dl>
          <div>
            <wa-button variant="brand" href=${verifierPackageAddress} download
              ><wa-icon slot="start" name="download"></wa-icon>Download</wa-button
            >
          </div>
        </div>
      </section>
    </div>`;
  }

  #make = async (): Promise<void> => {
    this.busy = true;
    this.error = null;
    try {
      await makeVerifierPackage();
      toast('The verifier package is made.');
      await this.#package.run();
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
  };
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-verifier-package': VerifierPackagePage;
  }
}
