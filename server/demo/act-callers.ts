import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { overhear, runApp, send, UNSIGNED } from './caller.ts';
import type { Cast, Judge } from './cast.ts';
import { atServer } from './customer.ts';

/** The approved app calls the API, and others try to. */
export async function callers(
  { app, site, deployment, unapproved, halfApproved, stage }: Cast,
  judge: Judge,
): Promise<void> {
  const clone = { ...app, keyFile: join(stage.folder, 'clone.key.json') };
  await atServer(site, async () => {
    const call = (keyFile: string) => runApp({ ...app, keyFile }, site.origin, ['list']);
    judge(
      'the approved app reads orders',
      'admitted',
      await call(app.keyFile),
      'an approved build, licensed here, fresh',
    );
    const posted = await runApp(app, site.origin, ['post', 'anchor', '--quantity', '2']);
    judge('the approved app posts an order', 'admitted', posted, 'the same, with its body bound');

    judge('no signature', 'proof_missing', await send(site.origin, UNSIGNED), 'every request is signed');
    // What is created within 30 s after a start is refused, and what is created more than 30 s from now: a second after the
    // start there is a moment for which the sdk can sign.
    await sleep(1100);
    const { admitted, heldBack } = await overhear(site.origin, deployment, app.keyFile);
    const why = 'a nonce is good for one request';
    judge('headers copied from an admitted request', 'replayed', await send(site.origin, admitted), why);
    const changed = { ...heldBack, body: heldBack.body.replace('4', '9') };
    const bound = 'the digest of the body is signed';
    judge('one byte of the body changed', 'digest_mismatch', await send(site.origin, changed), bound);
    judge(
      'the same request unchanged',
      'admitted',
      await send(site.origin, heldBack),
      'it is genuine, and new',
    );

    await runApp(clone, site.origin, ['key']);
    const own = await call(clone.keyFile);
    judge('a clone that signs with its own key', 'app_not_approved', own, 'keys belong to approved builds');
    const nobody = await call(unapproved.keyFile);
    judge('a build that nobody approved', 'app_not_approved', nobody, 'it is not on the allowlist');
    const one = await call(halfApproved.keyFile);
    judge(
      'a build that one of two approved',
      'app_not_approved',
      one,
      'the portal lists what two people approved',
    );
  });
}
