import { createReadStream } from 'node:fs';

import type { VerifierPackage } from '../api-types.ts';
import { route } from '../http/route.ts';
import { Problem } from '../problem.ts';
import { packagesRequestFile } from './list-packages.ts';
import { makePackage, packagePath } from './make-package.ts';
import { allPackages, type PackageRow } from './store.ts';

function view(row: PackageRow): VerifierPackage {
  const { version, file, digest, length, targets_version: targetsVersion, created_at: created } = row;
  return { version, file, digest, length, targetsVersion, created };
}

export const packageRoutes = [
  route({
    method: 'get',
    path: '/api/v1/verifier-package',
    access: 'admin',
    summary: 'The newest verifier package, or null.',
    async handle({ context }): Promise<VerifierPackage | null> {
      const newest = (await allPackages(context.db)).at(-1);
      return newest === undefined ? null : view(newest);
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/verifier-package',
    access: 'admin',
    summary: 'Makes the verifier package that customers install.',
    status: 201,
    problems: ['package_not_ready', 'publication_refused'],
    handle: async ({ context, actor, now }): Promise<VerifierPackage> =>
      view(await makePackage(context, { actor: actor.id, now })),
  }),
  route({
    method: 'get',
    path: '/api/v1/verifier-package/file',
    access: 'admin',
    summary: 'The newest verifier package itself.',
    produces: 'application/gzip',
    problems: ['package_not_ready'],
    async handle({ context, http }) {
      const newest = (await allPackages(context.db)).at(-1);
      if (newest === undefined) throw new Problem('package_not_ready', 'Make the package first.');
      http.attachment(newest.file);
      http.type = 'application/gzip';
      http.length = newest.length;
      http.body = createReadStream(packagePath(context, newest));
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/verifier-package/request',
    access: 'admin',
    summary: 'The request file with which a ceremony lists the packages in targets.',
    produces: 'application/json',
    problems: ['roster_request_missing'],
    async handle({ context, http, now }) {
      const file = await packagesRequestFile(context, now);
      http.attachment('packages-request.json');
      http.type = 'application/json';
      http.body = Buffer.from(file);
    },
  }),
];
