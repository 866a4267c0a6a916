import { parseJsonText, secondsOf, type JsonObject, type Statement } from '@appwarrant/verifier/formats';

import { noteBuild } from '../builds/mark-build.ts';
import type { Context } from '../context.ts';
import type { Tx } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { lastRevocationOf } from '../revocations/covering.ts';
import { composeEntry } from './compose-custom.ts';
import { OPEN_SECONDS, proposeStatement } from './propose-statement.ts';
import { storedStatement } from './stored-statement.ts';
import { buildForEntry, livingIn, standingStatement, updateStatement } from './store.ts';

/** An entry is proposed for a year, or for as long as the roster allows where that is less. */
const VALID_SECONDS = 365 * 86_400;

/** A role holds this many living entries; then the partner gets the next one (SPEC §2). */
const ROLE_ENTRIES = 500;

/**
 * The open statement about a build: the one that others have begun to approve, or a new one. `again` asks for a new
 * statement where there is one already: about a revoked build, to undo that with fresh approvals, or about an approved
 * one whose time ends; the older one stands until the new one is approved.
 * @throws Problem not_found, statement_not_open
 */
export async function proposeEntry(
  tx: Tx,
  context: Context,
  buildId: string,
  { actor, now, again }: { actor: string; now: number; again: boolean },
): Promise<Statement> {
  const build = await buildForEntry(tx, buildId);
  if (build === undefined) throw new Problem('not_found', 'There is no such build.');
  if (build.state === 'rejected') throw new Problem('statement_not_open', 'This build was rejected.');
  if (build.state === 'revoked' && !again) throw new Problem('statement_not_open', 'This build is revoked.');

  const standing = await standingStatement(tx, 'entry', buildId, ['proposed', 'approved', 'published']);
  if (standing !== undefined && standing.state !== 'proposed' && !again) {
    throw new Problem('statement_not_open', 'This build is approved already.');
  }
  if (standing?.state === 'proposed') {
    if (secondsOf(standing.issued) > now - OPEN_SECONDS) return storedStatement(standing);
    await updateStatement(tx, standing.digest, { state: 'withdrawn' });
  }

  const revokedThrough = await lastRevocationOf(tx, {
    digest: build.digest,
    partner: build.partner_id,
    app: build.slug,
    thumbprint: build.thumbprint,
  });
  const issued = Math.max(now, revokedThrough + 1);
  const { ceilings } = (await offlineRoles(context, tx)).targets;
  const earlier = await standingStatement(tx, 'entry', buildId, ['withdrawn', 'superseded', 'revoked']);
  const role = earlier?.role ?? (await roleFor(tx, build.partner_id));
  await noteBuild(tx, buildId, { event: 'proposed', now, actor, detail: '' });
  return proposeStatement(tx, context, {
    subjectId: buildId,
    role,
    path: `${role}/${build.slug}/${build.digest}`,
    length: build.length,
    sha256: build.digest,
    custom: composeEntry(
      {
        partner: { id: build.partner_id, name: build.partner_name },
        app: { slug: build.slug, name: build.app_name },
        build: { id: build.id, version: build.version, platform: build.platform },
        key: parseJsonText(build.key_json) as JsonObject,
        use: build.key_use,
        holder: build.holder,
        capabilities: JSON.parse(build.capabilities_json) as string[],
        customers: JSON.parse(build.customers_json) as 'all' | string[],
        review: build.review,
      },
      { issued, validFrom: issued, expires: issued + Math.min(VALID_SECONDS, ceilings.entryValidity) },
    ),
    offlineSeconds: null,
    actor,
    now,
  });
}

/** The first of the partner's roles that has room. An entry never moves to another. */
async function roleFor(tx: Tx, partnerId: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const role = number === 1 ? partnerId : `${partnerId}-${number}`;
    if ((await livingIn(tx, role)) < ROLE_ENTRIES) return role;
  }
}
