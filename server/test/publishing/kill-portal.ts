// A portal in a process of its own, to be killed: it opens a data folder, is armed, does one act, and says how far it came.

import { acceptApproval, type Assertion } from '../../src/approvals/accept-approval.ts';
import { readConfig } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';
import { publish } from '../../src/publishing/publish.ts';
import { revoke } from '../../src/revocations/revoke.ts';
import { openPortal } from '../../src/start/open-portal.ts';

/** What the portal is to do once it is armed. */
export type Act =
  | { readonly kind: 'approve'; readonly token: string; readonly assertion: Assertion }
  | { readonly kind: 'revoke'; readonly digest: string; readonly actor: string };

const dataDir = process.env['APPWARRANT_DATA'] ?? '';
const act = JSON.parse(process.env['ACT'] ?? 'null') as Act;

const config = readConfig(process.env, { home: dataDir, sources: '/nowhere', readFile: () => '' });
const { context, close } = await openPortal(config, {
  now: () => Math.floor(Date.now() / 1000),
  log: openLog('silent'),
});
process.send?.('open');
await new Promise<void>((resolve) => process.once('message', () => resolve()));

switch (act.kind) {
  case 'approve': {
    const { approver } = await acceptApproval(context, act.token, act.assertion, context.now());
    process.send?.('acknowledged');
    const published = await publish(context, { cause: 'approval', actor: approver.id });
    process.send?.(published === null ? 'unpublished' : 'published');
    break;
  }
  case 'revoke': {
    const revoked = await revoke(
      context,
      { kind: 'artifact', digest: act.digest },
      { reason: 'test', actor: act.actor, now: context.now() },
    );
    process.send?.(revoked.published === null ? 'unpublished' : 'published');
    break;
  }
}
await close();
process.disconnect?.();
