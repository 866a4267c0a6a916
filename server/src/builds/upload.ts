import { open, rm } from 'node:fs/promises';

import { timeOf } from '@appwarrant/verifier/formats';

import type { Upload } from '../api-types.ts';
import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import type { Actor } from '../http/route.ts';
import { newId } from '../ids.ts';
import { dataPaths } from '../start/data-folder.ts';
import { keepArtifact } from './artifacts.ts';
import { inspect } from './inspect/inspect.ts';
import type { Inspection } from './inspect/inspection.ts';
import { receiveArtifact, type ArtifactSource, type Received } from './receive-artifact.ts';
import { insertUpload } from './store.ts';

/** What uploads leave free on the disk. */
const SPARE_BYTES = 256 * 1024 ** 2;

/**
 * Takes a file: writes, digests and inspects it, and keeps it under its digest. It becomes a build when it is submitted
 * for an app; until then nobody but its uploader sees it.
 * @throws Problem upload_empty, upload_too_large, upload_broken, body_cut_short, storage_full
 */
export async function upload(
  context: Context,
  source: ArtifactSource,
  actor: Actor,
  now: number,
): Promise<Upload> {
  const id = newId('f', context.random);
  const folder = dataPaths(context.dataDir).uploads;
  const most = context.config.uploadLimit;
  const received = await receiveArtifact(source, { folder, name: id, most, spare: SPARE_BYTES });
  try {
    const inspection = await inspectFile(received);
    await transaction(context.db, async (tx) => {
      // In the transaction, so that the broom of old uploads does not come between the file and its row.
      keepArtifact(context.dataDir, received);
      await insertUpload(tx, {
        id,
        person_id: actor.id,
        partner_id: actor.partnerId,
        digest: received.digest,
        length: received.length,
        kind: inspection.kind,
        name: inspection.name,
        version: inspection.version,
        findings_json: JSON.stringify(inspection.findings),
        created_at: timeOf(now),
      });
      const { digest, length } = received;
      await appendAudit(tx, {
        now,
        actor: actor.id,
        action: 'upload.take',
        subject: id,
        detail: { digest, length },
      });
    });
    return { id, digest: received.digest, length: received.length, ...inspection };
  } finally {
    await rm(received.path, { force: true });
  }
}

async function inspectFile(received: Received): Promise<Inspection> {
  const file = await open(received.path, 'r');
  try {
    return await inspect(file, received.length);
  } finally {
    await file.close();
  }
}
