import { z } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { makeSample, type SampleCounts } from './make-sample.ts';

export const sampleRoutes = [
  route({
    method: 'post',
    path: '/api/v1/sample',
    access: 'admin',
    summary: 'Brings three sample partners and forty builds to review.',
    status: 201,
    body: z.strictObject({}),
    problems: ['sample_exists', 'partner_exists'],
    handle: async ({ context, actor, now }): Promise<SampleCounts> =>
      makeSample(context, { actor: actor.id, now }),
  }),
];
