import type { ParameterizedContext } from 'koa';

import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { artifactName } from './send-artifact.ts';
import type { BuildRecord } from './store.ts';

/**
 * Sends the `.p7s` of an approved build: made anew from its digest each time, under the vendor's own signing root.
 * @throws Problem delivery_note_not_ready
 */
export async function sendDeliveryNote(
  context: Context,
  build: BuildRecord,
  http: ParameterizedContext,
  now: number,
): Promise<void> {
  if (build.state !== 'approved' && build.state !== 'published') {
    throw new Problem(
      'delivery_note_not_ready',
      `Only approved builds have a delivery note; this one is ${build.state}.`,
    );
  }
  const note = context.deliveryNotes.sign(Buffer.from(build.digest, 'hex'), now);
  http.attachment(`${artifactName(build)}.p7s`);
  http.type = 'application/pkcs7-signature';
  http.body = note;
}
