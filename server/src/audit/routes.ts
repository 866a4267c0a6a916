import { parseJson } from '@appwarrant/verifier/formats';

import type { AuditAct, AuditPage } from '../api-types.ts';
import { count, z } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { personNames } from '../people/person-names.ts';
import { auditHead } from './append.ts';
import { actsBefore } from './store.ts';

export const auditRoutes = [
  route({
    method: 'get',
    path: '/api/v1/audit',
    access: 'admin',
    summary: 'The audit trail, newest act first.',
    query: z.strictObject({
      before: count(Number.MAX_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER),
      limit: count(100, 1, 1000),
    }),
    async handle({ context, query }): Promise<AuditPage> {
      const acts = await actsBefore(context.db, query.before, query.limit);
      const names = await personNames(
        context.db,
        acts.map((act) => act.actor),
      );
      const rows = acts.map((act): AuditAct => ({
        seq: act.seq,
        at: act.at,
        actor: act.actor === null ? null : { id: act.actor, name: names.get(act.actor) ?? act.actor },
        action: act.action,
        subject: act.subject,
        detail: parseJson(Buffer.from(act.detail), 1024 * 1024),
        digest: act.digest,
      }));
      return { rows, head: await auditHead(context.db) };
    },
  }),
];
