import { css, html, LitElement, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { uploadFile, type Upload } from '../data/uploads.ts';
import { base } from '../styles/shared.ts';
import { plural, sizeInWords } from './words.ts';

import '@awesome.me/webawesome/dist/components/progress-bar/progress-bar.js';
import './copy.ts';
import './problem.ts';

type Stage =
  | { readonly kind: 'empty' }
  | { readonly kind: 'sending'; readonly file: File; readonly sent: number; readonly abort: AbortController }
  | { readonly kind: 'there'; readonly file: File; readonly upload: Upload };

/**
 * Takes one file, by choice or by drop, and sends it at once, with its progress.
 *
 * @fires uploaded - detail: the upload as the portal inspected it, or null when it was taken back
 */
@customElement('aw-upload')
export class UploadElement extends LitElement {
  @state() private stage: Stage = { kind: 'empty' };
  @state() private error: unknown = null;
  @state() private over = false;

  static override styles = [
    base,
    css`
      .drop {
        display: grid;
        justify-items: center;
        gap: var(--aw-2);
        padding: var(--aw-6) var(--aw-4);
        border: 1.5px dashed var(--aw-line-strong);
        border-radius: var(--aw-radius);
        background: var(--aw-sunken);
        text-align: center;
      }
      .drop.over {
        border-color: var(--aw-accent-fill);
        background: var(--aw-accent-wash);
      }
      .drop > wa-icon {
        font-size: 1.5rem;
        color: var(--aw-quiet);
      }
      input {
        position: absolute;
        width: 1px;
        height: 1px;
        opacity: 0;
        pointer-events: none;
      }
      .file {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr) auto;
        gap: var(--aw-1) var(--aw-3);
        align-items: center;
        padding: var(--aw-3) var(--aw-4);
        border: 1px solid var(--aw-line);
        border-radius: var(--aw-radius);
        background: var(--aw-sunken);
      }
      .file > wa-icon {
        font-size: 1.25rem;
        color: var(--aw-quiet);
      }
      .file strong {
        font-weight: 500;
        overflow-wrap: anywhere;
      }
      .file .wide {
        grid-column: 2 / -1;
      }
      ul {
        display: grid;
        gap: var(--aw-1);
      }
      aw-problem {
        margin-top: var(--aw-3);
      }
    `,
  ];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (this.stage.kind === 'sending') this.stage.abort.abort();
    removeEventListener('beforeunload', this.#keep);
  }

  override render() {
    return html`${this.#content()}<aw-problem .error=${this.error}></aw-problem>`;
  }

  #content() {
    const { stage } = this;
    switch (stage.kind) {
      case 'empty':
        return this.#drop();
      case 'sending':
        return this.#sending(stage.file, stage.sent, stage.abort);
      case 'there':
        return this.#there(stage.file, stage.upload);
    }
  }

  #drop() {
    return html`<div
      class="drop ${this.over ? 'over' : ''}"
      @dragover=${this.#dragOver}
      @dragleave=${() => (this.over = false)}
      @drop=${this.#dropped}
    >
      <wa-icon name="upload"></wa-icon>
      <p>Drop the build here, or</p>
      <wa-button appearance="outlined" @click=${() => this.renderRoot.querySelector('input')?.click()}
        >Choose a file</wa-button
      >
      <input type="file" aria-label="The build’s file" tabindex="-1" @change=${this.#chosen} />
      <p class="quiet small">An npm tarball, an APK, a zip, or any other single file.</p>
    </div>`;
  }

  #sending(file: File, sent: number, abort: AbortController) {
    const percent = file.size === 0 ? 0 : Math.floor((sent / file.size) * 100);
    return html`<div class="file">
      <wa-icon name="file-archive"></wa-icon>
      <strong>${file.name}</strong>
      <wa-button size="s" appearance="plain" @click=${() => abort.abort()}>Stop</wa-button>
      <div class="wide">
        <wa-progress-bar value=${percent} label="Upload"></wa-progress-bar>
        <p class="quiet small number">
          ${percent < 100 ? `${sizeInWords(sent)} of ${sizeInWords(file.size)}` : 'All sent; the portal inspects it'}
        </p>
      </div>
    </div>`;
  }

  #there(file: File, upload: Upload) {
    const says = [upload.name, upload.version].filter((part) => part !== null).join(' ');
    return html`<div class="file">
      <wa-icon name="file-check"></wa-icon>
      <strong>${file.name}</strong>
      <wa-button size="s" appearance="plain" @click=${this.#another}>Another file</wa-button>
      <p class="wide quiet small">
        ${upload.kind === 'unknown' ? 'Unknown kind' : upload.kind},
        ${sizeInWords(upload.length)}${says === '' ? '' : `, says of itself: ${says}`}
      </p>
      <div class="wide small"><aw-copy value=${upload.digest} what="the digest"></aw-copy></div>
      ${
        upload.findings.length === 0
          ? nothing
          : html`<details class="wide small">
              <summary>${plural(upload.findings.length, 'finding')}</summary>
              <ul>
                ${upload.findings.map(({ message, code }) => html`<li>${message} <code class="quiet">${code}</code></li>`)}
              </ul>
            </details>`
      }
    </div>`;
  }

  #dragOver = (event: DragEvent): void => {
    event.preventDefault();
    this.over = true;
  };

  #dropped = (event: DragEvent): void => {
    event.preventDefault();
    this.over = false;
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) void this.#send(file);
  };

  #chosen = (event: Event): void => {
    const file = (event.currentTarget as HTMLInputElement).files?.[0];
    if (file !== undefined) void this.#send(file);
  };

  #another = (): void => {
    this.stage = { kind: 'empty' };
    this.#tell(null);
  };

  async #send(file: File): Promise<void> {
    const abort = new AbortController();
    const progress = (sent: number): void => {
      this.stage = { kind: 'sending', file, sent: Math.min(sent, file.size), abort };
    };
    progress(0);
    this.error = null;
    addEventListener('beforeunload', this.#keep);
    try {
      const upload = await uploadFile(file, progress, abort.signal);
      this.stage = { kind: 'there', file, upload };
      this.#tell(upload);
    } catch (error) {
      this.stage = { kind: 'empty' };
      if (!abort.signal.aborted) this.error = error;
    }
    removeEventListener('beforeunload', this.#keep);
  }

  /** Closing the tab would lose what is on its way. */
  #keep = (event: BeforeUnloadEvent): void => {
    event.preventDefault();
  };

  #tell(detail: Upload | null): void {
    this.dispatchEvent(new CustomEvent('uploaded', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-upload': UploadElement;
  }
}
