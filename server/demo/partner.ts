// The partner of the story: two apps, and builds of them, each with a key of its own.

import { join } from 'node:path';
import { generateKey, keyProof } from '@appwarrant/sdk';
import { fileKeyStore } from '@appwarrant/sdk/file-key-store';
import type { App, Build, BuildAnswer, LinkAnswer, Partner, UploadAnswer, Vendor } from '../src/api-types.ts';
import { acceptInvitation } from './people.ts';
import type { SignedIn, Site } from './people.ts';

/** A partner's person who has registered apps. */
export interface PartnerDesk {
  readonly person: SignedIn;
  readonly partner: Partner;
  readonly registry: string;
}

/** A submitted build, and the file with its private key, which stays with the partner. */
export interface Submitted {
  readonly build: Build;
  readonly keyFile: string;
}

/** Adds a partner, invites a person there, and signs that person in. */
export async function joinPartner(
  site: Site,
  admin: SignedIn,
  name: string,
  who: string,
): Promise<PartnerDesk> {
  const partner = await admin.client.post<Partner>('/api/v1/partners', { name });
  const invitee = { kind: 'partner', name: who, partnerId: partner.id };
  const { link } = await admin.client.post<LinkAnswer>('/api/v1/invitations', invitee);
  const person = await acceptInvitation(site, link, who);
  const { registry } = await person.client.get<Vendor>('/api/v1/vendor');
  return { person, partner, registry };
}

/** Uploads a file and submits it as a build with a new key. */
export async function submitBuild(
  desk: PartnerDesk,
  app: App,
  submission: {
    readonly file: string;
    readonly version: string;
    readonly keys: string;
    readonly holder: 'server' | 'embedded';
  },
): Promise<Submitted> {
  const keyFile = join(submission.keys, `${app.slug}-${submission.version}.key.json`);
  const key = await generateKey({ extractable: true });
  await fileKeyStore(keyFile).save(key);
  const claim = { registry: desk.registry, partner: desk.partner.id, app: app.slug };
  const { upload } = await desk.person.client.upload<UploadAnswer>('/api/v1/uploads', submission.file);
  const { build } = await desk.person.client.post<BuildAnswer>(`/api/v1/apps/${app.id}/builds`, {
    upload: upload.id,
    version: submission.version,
    key: key.publicKeyJwk,
    keyProof: await keyProof(key, claim),
    holder: submission.holder,
    capabilities: app.capabilities,
    customers: 'all',
  });
  return { build, keyFile };
}
