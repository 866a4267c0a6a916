import { checkSigning } from './check-signing.ts';
import { route } from './route.ts';

/** 200 once the portal can sign and verify with its online keys, and read its database. */
export const healthRoute = route({
  method: 'get',
  path: '/healthz',
  access: 'public',
  summary: 'Whether the portal can sign, verify and read its database.',
  problems: ['not_ready'],
  async handle({ context }) {
    await checkSigning(context);
    return { status: 'ok' };
  },
});
