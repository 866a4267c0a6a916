import { expect, test } from 'vitest';

import { codeOf, raw, startTestPortal } from '../test-portal.ts';

test('behind a proxy on this machine each client has a measure of its own', async () => {
  const portal = await startTestPortal();
  const ask = (forwarded: string) =>
    raw(portal, {
      method: 'GET',
      path: '/api/v1/invitations/guess',
      origin: null,
      headers: { 'x-forwarded-for': forwarded },
    });
  let answer = await ask('198.51.100.1');
  // What the client itself puts in front of its address does not give it another measure.
  for (let count = 0; count < 700 && answer.status !== 429; count += 1)
    answer = await ask(`203.0.113.${count}, 198.51.100.1`);
  expect(answer.code).toBe('too_many_requests');
  expect((await ask('198.51.100.2')).code).toBe('invitation_unknown');
  expect(await codeOf(portal.browser().get('/api/v1/vendor'))).toBe('no problem');
  await portal.close();
});
