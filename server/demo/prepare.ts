// Before the first request: a vendor, a partner, four builds, a customer, approvals, and one bundle.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packExample } from '../../sdk/example/pack.ts';
import type { App, Customer, VerifierPackage } from '../src/api-types.ts';
import { DAY } from './cast.ts';
import type { Cast, Stage } from './cast.ts';
import { activate, installCustomer, load, unpackApp } from './customer.ts';
import { joinPartner, submitBuild } from './partner.ts';
import { approve } from './people.ts';
import { holdCeremony, openVendor } from './portal.ts';
import type { VendorPortal } from './portal.ts';

const APK = join(import.meta.dirname, 'apk', 'orders-viewer.apk');

/** From nothing to a loaded bundle. Throws, having stopped the portal, where anything of it fails. */
export async function prepare(stage: Stage): Promise<Cast> {
  const { folder, say } = stage;
  say('The vendor holds a ceremony: four people, four offline keys; the portal gets their signatures only');
  const vendor = await openVendor(folder, stage.portalPort);
  try {
    return await rehearse(stage, vendor);
  } catch (error) {
    await vendor.running.stop();
    throw error;
  }
}

async function rehearse(stage: Stage, vendor: VendorPortal): Promise<Cast> {
  const { folder, say } = stage;
  const { site: portal, alice, bob, table } = vendor;
  say('Two approvers are enrolled; the offline keys put them on the roster');

  say('A partner registers two apps and submits four builds, each with a key of its own');
  const desk = await joinPartner(portal, alice, 'Harbour Software', 'Carol Diaz');
  const { client } = desk.person;
  const ordersApp = await client.post<App>('/api/v1/apps', {
    slug: 'harbour-orders',
    name: 'Harbour Orders',
    platform: 'server',
    capabilities: ['orders:read', 'orders:write'],
  });
  const viewerApp = await client.post<App>('/api/v1/apps', {
    slug: 'harbour-viewer',
    name: 'Harbour Viewer',
    platform: 'android',
    capabilities: ['orders:read'],
  });
  const keys = join(folder, 'partner-keys');
  mkdirSync(keys, { mode: 0o700 });
  const packed = async (version: string) => {
    const at = join(folder, `packed-${version}`);
    mkdirSync(at);
    return packExample(at, version);
  };
  const tarball = await packed('1.0.0');
  const server = { keys, holder: 'server' } as const;
  const orders = await submitBuild(desk, ordersApp, { ...server, file: tarball, version: '1.0.0' });
  const viewer = await submitBuild(desk, viewerApp, { keys, holder: 'embedded', file: APK, version: '1.0' });
  const next = { ...server, file: await packed('1.1.0'), version: '1.1.0' };
  const unapproved = await submitBuild(desk, ordersApp, next);
  const last = { ...server, file: await packed('1.2.0'), version: '1.2.0' };
  const halfApproved = await submitBuild(desk, ordersApp, last);

  say('The vendor makes its verifier package, and the ceremony lists it');
  await alice.client.post<VerifierPackage>('/api/v1/verifier-package');
  await holdCeremony(alice, table, 'packages', '/api/v1/verifier-package/request');
  const packageFile = await alice.client.get<VerifierPackage>('/api/v1/verifier-package');
  const packagePath = join(folder, packageFile.file);
  writeFileSync(packagePath, await alice.client.download('/api/v1/verifier-package/file'));

  say('The customer installs that file, without any network, and activates it');
  const site = await installCustomer(join(folder, 'customer'), packagePath, stage.serverPort);
  const deployment = await activate(site);
  const customer = await alice.client.post<Customer>('/api/v1/customers', {
    name: 'Northwind Clinic',
    deployments: [{ id: deployment, origins: [site.origin] }],
  });
  await alice.client.post(`/api/v1/customers/${customer.id}/license`, {
    fresh: 30 * DAY * 3600,
    grace: 30 * DAY * 3600,
    validForDays: 365,
  });

  say('Two people approve two builds with one touch each; one approves the licence; one alone a third build');
  await approve(portal, alice, [{ kind: 'license', customerId: customer.id }]);
  const two = [orders, viewer].map(({ build }) => ({ kind: 'build', id: build.id }) as const);
  await approve(portal, alice, two);
  await approve(portal, bob, two);
  await approve(portal, alice, [{ kind: 'build', id: halfApproved.build.id }]);

  say('The portal has published; one file goes to the customer');
  const bundle = await alice.client.download(`/api/v1/customers/${customer.id}/bundle`);
  const program = await unpackApp(join(folder, 'app'), tarball);
  const app = { program, folder: join(folder, 'app'), keyFile: orders.keyFile };
  const cast = {
    stage,
    vendor,
    desk,
    orders,
    viewer,
    unapproved,
    halfApproved,
    app,
    site,
    deployment,
    customer,
    bundle,
  };
  const { code, said } = await load(site, bundle);
  if (code !== null) throw new Error(`The first bundle was refused: ${said}`);
  say(`    ${said}`);
  return cast;
}
