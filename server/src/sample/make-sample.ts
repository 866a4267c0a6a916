import { timeOf } from '@appwarrant/verifier/formats';

import { registerApp } from '../apps/register-app.ts';
import { appendAudit } from '../audit/append.ts';
import { submit } from '../builds/submit.ts';
import { upload } from '../builds/upload.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { tarball } from '../packages/tarball.ts';
import { createPartner } from '../partners/create-partner.ts';
import { addContact } from '../people/add-contact.ts';
import { Problem } from '../problem.ts';
import { addSetting, readSetting } from '../start/settings.ts';
import { SAMPLE, type SampleApp, type SamplePartner } from './sample.ts';
import { sampleKey } from './sample-key.ts';

export interface SampleCounts {
  readonly partners: number;
  readonly builds: number;
}

/**
 * Brings three partners and forty builds to review, through the same rules as everybody's: real tarballs, real keys,
 * real proofs. The private keys are thrown away, so nothing can act as these apps. Once only.
 * @throws Problem sample_exists, partner_exists
 */
export async function makeSample(
  context: Context,
  { actor, now }: { readonly actor: string | null; readonly now: number },
): Promise<SampleCounts> {
  await transaction(context.db, async (tx) => {
    if ((await readSetting(tx, 'sample')) !== undefined) {
      throw new Problem('sample_exists', 'The sample partners and builds were made before.');
    }
    await addSetting(tx, 'sample', timeOf(now));
    await appendAudit(tx, { now, actor, action: 'sample.make', subject: null });
  });
  let builds = 0;
  for (const partner of SAMPLE) builds += await makePartner(context, partner, { actor, now });
  return { partners: SAMPLE.length, builds };
}

/** The sample of `npm start -- --sample`: made where it is not there yet. */
export async function makeSampleOnce(context: Context): Promise<void> {
  if ((await readSetting(context.db, 'sample')) !== undefined) return;
  await makeSample(context, { actor: null, now: context.now() });
}

async function makePartner(
  context: Context,
  partner: SamplePartner,
  act: { readonly actor: string | null; readonly now: number },
): Promise<number> {
  const partnerId = await createPartner(context, { name: partner.name }, act);
  const contact = await addContact(context, { name: partner.contact, partnerId }, act);
  let builds = 0;
  for (const app of partner.apps) {
    const { slug, name, platform, capabilities } = app;
    const own = { actor: contact.id, now: act.now };
    const appId = await registerApp(context, { partnerId, slug, name, platform, capabilities }, own);
    for (const version of app.versions) {
      const { id } = await upload(context, [await packSample(app, version)], contact, act.now);
      const place = { registry: context.repository.registry, partner: partnerId, app: slug };
      const { holder, wants } = app;
      const wishes = { use: 'request', holder, capabilities: wants, customers: 'all' } as const;
      await submit(context, { appId, upload: id, version, ...sampleKey(place), ...wishes }, contact, act.now);
      builds += 1;
    }
  }
  return builds;
}

async function packSample(app: SampleApp, version: string): Promise<Buffer> {
  // One file of the sample says another version than its partner: something for a reviewer to find.
  const said = version === app.mislabelled ? `${version}-rc.1` : version;
  const files = [
    [
      'package.json',
      `${JSON.stringify({ name: app.packageName, version: said, type: 'module' }, null, 2)}\n`,
    ],
    [
      'index.js',
      `// ${app.name} ${said}: a sample, which does nothing.\nexport const version = '${said}';\n`,
    ],
    ['README.md', `# ${app.name}\n\nA sample build for looking around.\n`],
  ] as const;
  return tarball(files.map(([name, text]) => ({ name, bytes: Buffer.from(text), executable: false })));
}
