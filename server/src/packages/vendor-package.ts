import { Problem } from '../problem.ts';
import type { Release } from './read-release.ts';
import { tarball } from './tarball.ts';

export interface VendorPackage {
  readonly name: string;
  readonly version: string;
  /** The file's name, as `npm pack` would choose it. */
  readonly file: string;
  readonly bytes: Buffer;
}

/**
 * The verifier package of one vendor: the release, member by member, but for anchor.json and, in package.json, name,
 * version and the program's name. `anchor` holds the whole new anchor.json. The same release, anchor and number give
 * the same bytes.
 *
 * The version keeps the release's order and counts the vendor's own packages of one release: package `n` of release
 * 1.2.3 is 1.2.3000 + n, but the first of a release whose patch is 0 keeps the release's version.
 */
export async function vendorPackage(
  release: Release,
  vendor: { readonly slug: string },
  anchor: Uint8Array,
  number: number,
): Promise<VendorPackage> {
  const name = `${vendor.slug}-verifier`;
  const version = packageVersion(release.version, number);
  const program = release.program;
  const manifest = { ...release.manifest, name, version, bin: { [name]: program } };

  const members = release.members.map((member) => {
    if (member.name === 'package.json') {
      return { ...member, bytes: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`, 'utf8') };
    }
    return member.name === 'anchor.json' ? { ...member, bytes: anchor } : member;
  });
  if (!members.some((member) => member.name === 'anchor.json')) {
    throw new Problem('package_not_ready', 'The verifier release lacks anchor.json.');
  }
  return { name, version, file: `${name}-${version}.tgz`, bytes: await tarball(members) };
}

/** @throws Problem `package_not_ready` for a version that is not three numbers, or after a thousand packages */
function packageVersion(release: string, number: number): string {
  const [, line, patch] = /^(\d+\.\d+)\.(\d+)$/u.exec(release) ?? [];
  if (line === undefined || patch === undefined || number > 999) {
    throw new Problem('package_not_ready', `No package version can be made from release ${release}.`);
  }
  return `${line}.${Number(patch) * 1000 + number}`;
}
