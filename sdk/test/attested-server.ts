import Koa from 'koa';
import type { EntryCustom } from '../../verifier/src/formats.ts';
import { protect, type AppAdmission } from '../../verifier/src/koa.ts';
import { addEntry, approve, entryCustom, makeAppKey } from '../../verifier/test/compose/vendor.ts';
import { attesting } from '../../verifier/test/http/attested-site.ts';
import { listen } from '../../verifier/test/http/socket.ts';
import { makeSite, nextBundle, start } from '../../verifier/test/state/site.ts';
import type { AppKey } from '../src/index.ts';

/**
 * A customer's server on loopback with the real verifier over a real bundle, in which the vendor approved a build whose copies `issuer`
 * vouches for. It answers with the admission. `await using` closes it.
 */
export async function serveAttested(issuer: AppKey) {
  const koa = new Koa();
  const handlers: Koa.Middleware[] = [];
  koa.use((context, next) => handlers[0]?.(context, next));
  koa.use((context) => {
    const { appwarrant } = context.state as { appwarrant: AppAdmission };
    context.body = appwarrant;
  });
  const server = await listen(koa);
  const origin = `http://127.0.0.1:${String(server.port)}`;
  const site = makeSite({}, origin);
  const { vendor, deployment } = site;
  const custom: EntryCustom = entryCustom(vendor, makeAppKey(), {
    identities: [attesting({ jwk: issuer.publicKeyJwk })],
  });
  approve(vendor, [addEntry(vendor, custom)]);
  const verifier = start(site);
  verifier.load(nextBundle(site));
  handlers.push(protect(verifier));
  return {
    origin,
    deployment,
    /** Whom the issuer vouches for, by the ids that the portal shows. */
    build: { partner: custom.partner.id, app: custom.app.id, build: custom.build.id },
    longest: vendor.ceilings.attestation,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
