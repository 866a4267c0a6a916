import type { EcJwk } from '@appwarrant/verifier/formats/browser';
import { css, html, LitElement, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { makeKey, readPublicKey, type KeyPurpose, type NewKey } from '../data/app-key.ts';
import { base, forms, layout } from '../styles/shared.ts';

import '@awesome.me/webawesome/dist/components/radio-group/radio-group.js';
import '@awesome.me/webawesome/dist/components/radio/radio.js';
import '@awesome.me/webawesome/dist/components/textarea/textarea.js';
import './copy.ts';

/** A public key, and the proof that its private half is held. */
export interface GivenKey {
  readonly publicKey: EcJwk;
  readonly keyProof: string;
}

/**
 * Gives a build its key: made here, in the browser, with the private half downloaded and never sent; or made elsewhere,
 * with the proof that belongs to it.
 *
 * @fires given - detail: the key, or null while there is none
 */
@customElement('aw-key-choice')
export class KeyChoiceElement extends LitElement {
  @property({ attribute: false }) purpose!: KeyPurpose;
  @property({ attribute: false }) appName = '';
  @state() private way: 'here' | 'elsewhere' = 'here';
  @state() private made: NewKey | null = null;
  @state() private wrong = '';
  #jwk = '';
  #proof = '';

  static override styles = [
    base,
    layout,
    forms,
    css`
      .made {
        display: grid;
        gap: var(--aw-2);
        justify-items: start;
        padding: var(--aw-3) var(--aw-4);
        border: 1px solid var(--aw-line);
        border-radius: var(--aw-radius);
        background: var(--aw-sunken);
      }
      .wrong {
        color: var(--aw-bad);
      }
      pre {
        margin: 0;
        padding: var(--aw-2) var(--aw-3);
        overflow-x: auto;
        border-radius: var(--aw-radius-small);
        border: 1px solid var(--aw-line);
        background: var(--aw-sunken);
        font-family: var(--aw-mono);
        font-size: var(--aw-size-small);
      }
    `,
  ];

  override render() {
    return html`<div class="stack">
      <wa-radio-group label="Where is the key made?" value=${this.way} @change=${this.#choose}>
        <wa-radio value="here"
          >Here, in this browser
          <span class="quiet small">– the private half is downloaded, and never sent</span></wa-radio
        >
        <wa-radio value="elsewhere"
          >Elsewhere <span class="quiet small">– with your own tools, or in a build pipeline</span></wa-radio
        >
      </wa-radio-group>
      ${this.way === 'here' ? this.#here() : this.#elsewhere()}
    </div>`;
  }

  #here() {
    if (this.made === null) {
      return html`<div class="made">
        <p class="quiet">A new key for each build is best: then a verdict proves the very build.</p>
        <wa-button appearance="outlined" @click=${this.#make}
          ><wa-icon slot="start" name="key-round"></wa-icon>Make a key and download it</wa-button
        >
      </div>`;
    }
    return html`<div class="made" role="status">
      <span>The key is made. Its thumbprint:</span>
      <aw-copy value=${this.made.thumbprint} what="the thumbprint"></aw-copy>
      <p class="quiet small">
        Keep the downloaded file where the app’s signing code reads it. Nobody can give it to you again.
      </p>
      <wa-button size="s" appearance="outlined" @click=${this.#download}
        ><wa-icon slot="start" name="download"></wa-icon>Download it again</wa-button
      >
    </div>`;
  }

  #elsewhere() {
    const { registry, partner, app } = this.purpose;
    return html`
      <wa-textarea
        label="Public key"
        rows="3"
        spellcheck="false"
        required
        hint="A JWK: kty EC, crv P-256, x and y."
        @input=${this.#paste('jwk')}
      ></wa-textarea>
      <wa-textarea
        label="Proof"
        rows="2"
        spellcheck="false"
        required
        hint="base64url of the signature, r‖s in 64 bytes, ECDSA P-256 with SHA-256."
        @input=${this.#paste('proof')}
      ></wa-textarea>
      ${this.wrong === '' ? nothing : html`<p class="wrong small" role="alert">${this.wrong}</p>`}
      <details class="small">
        <summary>What the proof signs</summary>
        <p class="quiet">
          The sdk’s <code>keyProof</code> makes it. It is over these bytes, with the key’s own thumbprint:
        </p>
        <pre tabindex="0" aria-label="What the proof signs">
${`{"app":"${app}","key":"…","partner":"${partner}","registry":"${registry}","type":"appwarrant/key-proof/1"}`}</pre>
      </details>
    `;
  }

  #choose = (event: Event): void => {
    const { value } = event.currentTarget as HTMLElement & { value: string | null };
    this.way = value === 'elsewhere' ? 'elsewhere' : 'here';
    this.#tell(this.way === 'here' ? this.made : null);
    if (this.way === 'elsewhere') this.#readPasted();
  };

  #make = async (): Promise<void> => {
    this.made = await makeKey(this.purpose);
    this.#download();
    this.#tell(this.made);
  };

  #download = (): void => {
    if (this.made === null) return;
    const url = URL.createObjectURL(new Blob([this.made.privateJwk], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${this.purpose.app}-${this.made.thumbprint.slice(0, 8)}.private-key.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };

  #paste = (what: 'jwk' | 'proof') => {
    return (event: Event): void => {
      const { value } = event.currentTarget as HTMLElement & { value: string | null };
      if (what === 'jwk') this.#jwk = (value ?? '').trim();
      else this.#proof = (value ?? '').trim();
      this.#readPasted();
    };
  };

  #readPasted(): void {
    this.wrong = '';
    let key: GivenKey | null = null;
    if (this.#jwk !== '') {
      try {
        const publicKey = readPublicKey(this.#jwk);
        if (this.#proof !== '') key = { publicKey, keyProof: this.#proof };
      } catch (error) {
        this.wrong = error instanceof Error ? error.message : 'This is no public key.';
      }
    }
    this.#tell(key);
  }

  #tell(detail: GivenKey | null): void {
    this.dispatchEvent(new CustomEvent('given', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-key-choice': KeyChoiceElement;
  }
}
