import { html } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { Place, Route } from './router.ts';

function route(pathname: string, load: () => Promise<unknown>, show: Route['show']): Route {
  return { pattern: new URLPattern({ pathname }), load, show };
}

function part({ params }: Place, name: string): string {
  return params.get(name) ?? '';
}

/** Every address of the portal for those who are signed in. The first that fits counts. */
export const ROUTES: readonly Route[] = [
  route(
    '/',
    () => import('./pages/overview.ts'),
    () => html`<aw-overview></aw-overview>`,
  ),
  route(
    '/builds',
    () => import('./pages/builds.ts'),
    ({ query }) => html`<aw-builds .query=${query}></aw-builds>`,
  ),
  route(
    '/builds/:id',
    () => import('./pages/build.ts'),
    (place) => keyed(part(place, 'id'), html`<aw-build .buildId=${part(place, 'id')}></aw-build>`),
  ),
  route(
    '/apps',
    () => import('./pages/apps.ts'),
    () => html`<aw-apps></aw-apps>`,
  ),
  route(
    '/apps/new',
    () => import('./pages/new-app.ts'),
    ({ query }) => html`<aw-new-app .query=${query}></aw-new-app>`,
  ),
  route(
    '/apps/:id',
    () => import('./pages/app.ts'),
    (place) => keyed(part(place, 'id'), html`<aw-app .appId=${part(place, 'id')}></aw-app>`),
  ),
  route(
    '/apps/:id/submit',
    () => import('./pages/submit.ts'),
    (place) => keyed(part(place, 'id'), html`<aw-submit .appId=${part(place, 'id')}></aw-submit>`),
  ),
  route(
    '/partners',
    () => import('./pages/partners.ts'),
    () => html`<aw-partners></aw-partners>`,
  ),
  route(
    '/partners/:id',
    () => import('./pages/partner.ts'),
    (place) => keyed(part(place, 'id'), html`<aw-partner .partnerId=${part(place, 'id')}></aw-partner>`),
  ),
  route(
    '/customers',
    () => import('./pages/customers.ts'),
    () => html`<aw-customers></aw-customers>`,
  ),
  route(
    '/customers/:id',
    () => import('./pages/customer.ts'),
    (place) => keyed(part(place, 'id'), html`<aw-customer .customerId=${part(place, 'id')}></aw-customer>`),
  ),
  route(
    '/allowlist',
    () => import('./pages/allowlist.ts'),
    () => html`<aw-allowlist></aw-allowlist>`,
  ),
  route(
    '/allowlist/:version',
    () => import('./pages/publication.ts'),
    (place) =>
      keyed(
        part(place, 'version'),
        html`<aw-publication .version=${part(place, 'version')}></aw-publication>`,
      ),
  ),
  route(
    '/people',
    () => import('./pages/people.ts'),
    () => html`<aw-people></aw-people>`,
  ),
  route(
    '/roster',
    () => import('./pages/roster.ts'),
    () => html`<aw-roster></aw-roster>`,
  ),
  route(
    '/verifier-package',
    () => import('./pages/verifier-package.ts'),
    () => html`<aw-verifier-package></aw-verifier-package>`,
  ),
  route(
    '/audit',
    () => import('./pages/audit.ts'),
    () => html`<aw-audit></aw-audit>`,
  ),
  route(
    '/codes/:code',
    () => import('./pages/code.ts'),
    (place) => keyed(part(place, 'code'), html`<aw-code .code=${part(place, 'code')}></aw-code>`),
  ),
  route(
    '*',
    () => import('./pages/not-found.ts'),
    () => html`<aw-not-found></aw-not-found>`,
  ),
];
