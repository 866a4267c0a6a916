import Koa from 'koa';
import type { EcJwk, EntryCustom } from '../../src/formats.ts';
import { protect, type AppAdmission } from '../../src/adapters/koa.ts';
import { addEntry, approve, entryCustom, makeAppKey } from '../compose/vendor.ts';
import { makeSite, nextBundle, start } from '../state/site.ts';
import { attesting } from './attested-site.ts';
import { listen } from './socket.ts';

/**
 * A customer's server on loopback with the real verifier over a real bundle, in which the vendor approved a build for whose copies the
 * holder of `issuer` vouches. It answers with the admission. `await using` closes it.
 */
export async function serveAttested(issuer: EcJwk) {
  const koa = new Koa();
  const handlers: Koa.Middleware[] = [];
  koa.use((context, next) => handlers[0]?.(context, next));
  koa.use((context) => {
    const { appwarrant } = context.state as { appwarrant: AppAdmission };
    context.body = appwarrant;
  });
  const server = await listen(koa);
  // The licence names the origin, so the port has to be known before.
  const origin = `http://127.0.0.1:${String(server.port)}`;
  const site = makeSite({}, origin);
  const { vendor, deployment } = site;
  const custom: EntryCustom = entryCustom(vendor, makeAppKey(), { identities: [attesting({ jwk: issuer })] });
  approve(vendor, [addEntry(vendor, custom)]);
  const verifier = start(site);
  verifier.load(nextBundle(site));
  handlers.push(protect(verifier));
  return {
    origin,
    deployment,
    /** For whose copies the issuer vouches, by the ids that the portal shows. */
    build: { partner: custom.partner.id, app: custom.app.id, build: custom.build.id },
    /** The vendor's ceiling for attestations, in seconds. */
    longest: vendor.ceilings.attestation,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
