import { consume } from '@lit/context';
import { Task } from '@lit/task';
import { html, LitElement } from 'lit';
import { customElement } from 'lit/decorators.js';
import { fetchApps, type App } from '../data/apps.ts';
import { loaded } from '../elements/loaded.ts';
import { countInWords } from '../elements/words.ts';
import { hereContext, type Here } from '../shell/here.ts';
import { base, layout, tables } from '../styles/shared.ts';

import '../elements/empty.ts';
import '../elements/page.ts';
import '../elements/time.ts';

/** Every app; for a partner, his own. */
@customElement('aw-apps')
export class AppsPage extends LitElement {
  @consume({ context: hereContext }) private here!: Here;
  #apps = new Task(
    this,
    (_, { signal }) => fetchApps(signal),
    () => [],
  );

  static override styles = [base, layout, tables];

  override render() {
    const partner = this.here.person.role === 'partner';
    return html`
      <aw-page heading="Apps">
        <p slot="lead">
          ${partner ? 'An app is registered once; then its builds are submitted one by one.' : 'What partners have registered. Each build of an app is approved by itself.'}
        </p>
        <wa-button slot="actions" variant="brand" href="/apps/new"
          ><wa-icon slot="start" name="plus"></wa-icon>Register an app</wa-button
        >
        ${loaded(this.#apps, (apps) => this.#show(apps, partner), 'rows')}
      </aw-page>
    `;
  }

  #show(apps: readonly App[], partner: boolean) {
    if (apps.length === 0) {
      return html`<section class="panel">
        <aw-empty icon="app-window" heading="No app is registered yet">
          Register the first: its name, where it runs, and what it wants to do with the API.
          <wa-button slot="actions" variant="brand" href="/apps/new">Register an app</wa-button>
        </aw-empty>
      </section>`;
    }
    return html`<section class="panel scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">App</th>
            ${partner ? '' : html`<th scope="col">Partner</th>`}
            <th scope="col">Platform</th>
            <th scope="col" class="end">Capabilities</th>
            <th scope="col" class="end">Waiting</th>
            <th scope="col" class="end">In the allowlist</th>
            <th scope="col" class="end">Builds</th>
            <th scope="col">Registered</th>
          </tr>
        </thead>
        <tbody>
          ${apps.map(
            (app) =>
              html`<tr>
                <td>
                  <a class="name" href=${`/apps/${app.id}`}>${app.name}</a>
                  <code class="quiet">${app.slug}</code>
                </td>
                ${partner ? '' : html`<td>${app.partner.name}</td>`}
                <td>${app.platform}</td>
                <td class="end">${app.capabilities.length}</td>
                <td class="end">${countInWords(app.waiting)}</td>
                <td class="end">${countInWords(app.published)}</td>
                <td class="end">${countInWords(app.builds)}</td>
                <td class="quiet"><aw-time value=${app.created}></aw-time></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-apps': AppsPage;
  }
}
