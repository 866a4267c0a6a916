import { generateKeyPairSync } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { thumbprint } from '@appwarrant/verifier/formats';
import type { EcJwk } from '@appwarrant/verifier/formats';
import { openOnlineKeys } from '@appwarrant/keys';
import type { Customer } from '../src/api-types.ts';
import { runApp } from './caller.ts';
import type { Cast, Judge } from './cast.ts';
import { atServer, branch, load } from './customer.ts';
import type { CustomerSite } from './customer.ts';
import { approve } from './people.ts';
import { dropRevocations, forgeBundle, plant, targetsOf } from './thief.ts';

/** Bundles that are genuine, and not for this moment or place. */
export async function bundles(cast: Cast, judge: Judge): Promise<void> {
  const { vendor, site, bundle } = cast;
  const { alice } = vendor;
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  const other = await alice.client.post<Customer>('/api/v1/customers', {
    name: 'Other Clinic',
    deployments: [{ id: thumbprint({ crv, kty, x, y } as EcJwk), origins: [site.origin] }],
  });
  await alice.client.post(`/api/v1/customers/${other.id}/license`, {
    fresh: 86_400,
    grace: 0,
    validForDays: 30,
  });
  await approve(vendor.site, alice, [{ kind: 'license', customerId: other.id }]);
  const theirs = await alice.client.download(`/api/v1/customers/${other.id}/bundle`);
  const foreign = await load(site, theirs);
  const why = 'a licence names deployments by their keys';
  judge("another customer's bundle", 'license_other_deployment', foreign.code ?? 'loaded', why);

  const newer = await alice.client.download(`/api/v1/customers/${cast.customer.id}/bundle`);
  const loaded = await load(site, newer);
  judge(
    'the next bundle of this customer',
    'loaded',
    loaded.code ?? 'loaded',
    'newer, and for this deployment',
  );
  const older = await load(site, bundle);
  judge('the older bundle again (rollback)', 'rollback', older.code ?? 'loaded', 'versions never go back');
}

/** The vendor revokes a build, and the thief brings it back. */
export async function revocation(cast: Cast, judge: Judge): Promise<void> {
  const { vendor, site, app, orders, customer, bundle, desk, stage } = cast;
  const { alice } = vendor;
  // What the owner tries later needs a site where the app is still approved.
  cpSync(site.state, join(site.folder, 'state-before'), { recursive: true });
  await alice.client.post('/api/v1/revocations', {
    subject: { kind: 'artifact', digest: orders.build.digest },
    reason: 'The key was lost.',
  });
  const revoked = await alice.client.download(`/api/v1/customers/${customer.id}/bundle`);
  const loaded = await load(site, revoked);
  if (loaded.code !== null) throw new Error(`The revocation was not loaded: ${loaded.said}`);
  const call = (there: CustomerSite) => atServer(there, () => runApp(app, there.origin, ['list']));
  judge(
    'the app after its build was revoked',
    'app_not_approved',
    await call(site),
    'the next bundle no longer lists it',
  );

  stage.say('    … and the thief brings the revoked entry back, with its genuine old approvals');
  const keys = openOnlineKeys(join(vendor.dataDir, 'keys'), vendor.passphrase);
  const genuine = targetsOf(bundle, desk.partner.id).find(({ path }) => path.endsWith(orders.build.digest));
  const there = branch(site, 'back');
  const forged = await forgeBundle(revoked, keys, (loot) => {
    dropRevocations(loot);
    if (genuine !== undefined) plant(loot, desk.partner.id, genuine.path, genuine.target);
  });
  const outcome = await load(there, forged);
  const got = outcome.code ?? (await call(there));
  judge('the revoked entry brought back', 'revoked', got, 'a site forgets no revocation that it has loaded');
}
