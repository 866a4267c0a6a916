import { isObject, parseJson } from '@appwarrant/verifier/formats';

import type { Db } from '../database/database.ts';
import { readRoleBytes } from '../publishing/metadata-folder.ts';
import { publishedVersions } from '../publishing/published-versions.ts';

const TIMESTAMP_BYTES = 64 * 1024;

/** The heads of the audit trail that published timestamps carry: what customers can hold against the portal. */
export async function publishedHeads(db: Db, dataDir: string): Promise<string[]> {
  const versions = await publishedVersions(db);
  return versions.map((version) => {
    const file = parseJson(readRoleBytes(dataDir, 'timestamp', version), TIMESTAMP_BYTES);
    const signed = isObject(file) ? file['signed'] : undefined;
    const own = isObject(signed) ? signed['x-appwarrant'] : undefined;
    const head = isObject(own) ? own['auditHead'] : undefined;
    if (typeof head !== 'string')
      throw new Error(`The timestamp of publication ${version} carries no audit head.`);
    return head;
  });
}
