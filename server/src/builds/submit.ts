import { canonical, canonicalText, sha256Hex, timeOf, type EcJwk } from '@appwarrant/verifier/formats';

import type { Finding } from '../api-types.ts';
import { findApp, type KnownApp } from '../apps/find-app.ts';
import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { requireCustomers } from '../customers/require-customers.ts';
import { transaction, type Tx } from '../database/database.ts';
import type { Holder, KeyUse } from '../database/tables.ts';
import type { Actor } from '../http/route.ts';
import { newId } from '../ids.ts';
import { requireOwn } from '../people/own.ts';
import { Problem } from '../problem.ts';
import { checkKeyProof } from './key-proof.ts';
import {
  appOfKey,
  buildOfDigest,
  deleteUpload,
  insertAppKey,
  insertBuild,
  insertHistory,
  uploadById,
  usesOfKey,
  type UploadRecord,
} from './store.ts';

export interface Submission {
  readonly appId: string;
  /** An upload's id. */
  readonly upload: string;
  readonly version: string;
  readonly key: EcJwk;
  readonly keyProof: string;
  readonly use: KeyUse;
  readonly holder: Holder;
  /** Sorted, distinct. */
  readonly capabilities: readonly string[];
  readonly customers: 'all' | readonly string[];
}

/**
 * Makes an uploaded file a build of an app: from now on it waits for review, and its digest, key and wishes are fixed.
 * Gives the build's id.
 * @throws Problem not_found, not_yours, upload_unknown, app_key_malformed, key_proof_wrong, key_in_use, build_exists,
 *   input_invalid (a capability that the app does not have; a key that vouches and is not on a server), customer_unknown
 */
export async function submit(
  context: Context,
  submission: Submission,
  actor: Actor,
  now: number,
): Promise<string> {
  return transaction(context.db, async (tx) => {
    const app = requireOwn(actor, await findApp(tx, submission.appId), 'app');
    const upload = await ownUpload(tx, submission.upload, actor);
    requireCapabilities(app, submission.capabilities);
    requireHolder(submission);
    await requireCustomers(tx, submission.customers);
    const print = checkKeyProof(submission.key, submission.keyProof, {
      registry: context.repository.registry,
      partner: app.partner_id,
      app: app.slug,
    });
    await requireNew(tx, app, upload.digest);
    await takeKey(tx, app, { print, use: submission.use, at: timeOf(now) });

    const findings = [...(JSON.parse(upload.findings_json) as Finding[]), ...compare(submission, upload)];
    const id = newId('b', context.random);
    await insertBuild(tx, {
      id,
      app_id: app.id,
      partner_id: app.partner_id,
      digest: upload.digest,
      length: upload.length,
      kind: upload.kind,
      version: submission.version,
      key_json: canonicalText(submission.key),
      thumbprint: print,
      key_proof: submission.keyProof,
      key_use: submission.use,
      holder: submission.holder,
      capabilities_json: JSON.stringify(submission.capabilities),
      customers_json: JSON.stringify(submission.customers),
      findings_json: JSON.stringify(findings),
      review: reviewDigest(findings),
      state: 'waiting',
      submitted_by: actor.id,
      submitted_at: timeOf(now),
      decided_at: null,
      reason: null,
    });
    await deleteUpload(tx, upload.id);
    await insertHistory(tx, {
      build_id: id,
      at: timeOf(now),
      actor: actor.id,
      event: 'submitted',
      detail: '',
    });
    await appendAudit(tx, {
      now,
      actor: actor.id,
      action: 'build.submit',
      subject: id,
      detail: {
        app: app.id,
        digest: upload.digest,
        version: submission.version,
        key: print,
        use: submission.use,
      },
    });
    return id;
  });
}

/** The digest that an approval covers as `review`: what was found, and the terms that were accepted (none yet). */
function reviewDigest(findings: readonly Finding[]): string {
  const listed = findings.map(({ severity, code, message }) => ({ severity, code, message }));
  return sha256Hex(canonical({ type: 'appwarrant/review/1', findings: listed, terms: [] }));
}

async function ownUpload(tx: Tx, id: string, actor: Actor): Promise<UploadRecord> {
  const upload = await uploadById(tx, id);
  const own =
    upload !== undefined &&
    (upload.person_id === actor.id || (actor.partnerId !== null && upload.partner_id === actor.partnerId));
  if (own) return upload;
  throw new Problem(
    'upload_unknown',
    'There is no such upload of yours; uploads wait for a day. Upload the file again.',
  );
}

function requireCapabilities(app: KnownApp, wanted: readonly string[]): void {
  const foreign = wanted.find((capability) => !app.capabilities.includes(capability));
  if (foreign === undefined) return;
  throw new Problem('input_invalid', `The app ${app.slug} may not ask for ${foreign}.`, {
    errors: [{ at: 'body.capabilities', message: `${foreign} is not among the app's capabilities` }],
  });
}

async function requireNew(tx: Tx, app: KnownApp, digest: string): Promise<void> {
  const earlier = await buildOfDigest(tx, app.id, digest);
  if (earlier === undefined) return;
  throw new Problem(
    'build_exists',
    `These bytes are build ${earlier.id} of this app already; it is ${earlier.state}.`,
  );
}

function requireHolder({ use, holder }: Submission): void {
  if (use !== 'attest' || holder === 'server') return;
  throw new Problem('input_invalid', 'A key that vouches for installed copies stays on a server.', {
    errors: [{ at: 'body.holder', message: 'must be server where use is attest' }],
  });
}

/**
 * One key stands under one app, whoever asks, and does one thing: the verifier would refuse every entry of a key of two apps, and would
 * take no word of a key that signs requests anywhere.
 */
async function takeKey(
  tx: Tx,
  app: KnownApp,
  { print, use, at }: { print: string; use: KeyUse; at: string },
): Promise<void> {
  const holder = await appOfKey(tx, print);
  if (holder === undefined) return insertAppKey(tx, print, app.id, at);
  if (holder !== app.id) {
    throw new Problem('key_in_use', 'This key stands under another app. Make a new key pair for this one.');
  }
  if ((await usesOfKey(tx, print)).some((earlier) => earlier !== use)) {
    const other = use === 'attest' ? 'to sign requests' : 'to vouch for installed copies';
    throw new Problem(
      'key_in_use',
      `This key was submitted ${other}, and does one thing only. Make a new key pair.`,
    );
  }
}

function compare(submission: Submission, upload: UploadRecord): Finding[] {
  if (upload.version === null || upload.version === submission.version) return [];
  const message = `The file says that it is version ${upload.version}; it was submitted as ${submission.version}.`;
  return [{ severity: 'warning', code: 'version_differs', message }];
}
