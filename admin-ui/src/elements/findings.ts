import { html, nothing, type TemplateResult } from 'lit';
import type { Build } from '../data/builds.ts';
import { plural } from './words.ts';

const FINDINGS = {
  info: { icon: 'info', word: 'Note' },
  warning: { icon: 'triangle-alert', word: 'Warning' },
  error: { icon: 'circle-alert', word: 'Error' },
};

/** What the inspection remarked on; the page brings the styles. */
export function showFindings(findings: Build['findings']): TemplateResult {
  return html`<section class="panel" aria-labelledby="findings">
    <div class="head">
      <h2 id="findings">Findings</h2>
      ${findings.length === 0 ? nothing : html`<span class="quiet small">${plural(findings.length, 'finding')}</span>`}
    </div>
    ${
      findings.length === 0
        ? html`<p class="body quiet">The inspection found nothing to remark on.</p>`
        : html`<ul class="findings">
            ${findings.map(
              ({ severity, code, message }) =>
                html`<li class=${severity}>
                  <wa-icon name=${FINDINGS[severity].icon} label=${FINDINGS[severity].word}></wa-icon>
                  <span>${message} <code class="quiet">${code}</code></span>
                </li>`,
            )}
          </ul>`
    }
  </section>`;
}
