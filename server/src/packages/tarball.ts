// The one door to tar-stream.

import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** Reads a tar as a stream; the inspection of builds is the one who asks. */
export { extract } from 'tar-stream';

export interface TarballMember {
  /** Path inside the package, with forward slashes and without `package/`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** What npm itself writes, so that a package looks as its users expect: 26 October 1985, 08:15 UTC. */
const MODIFIED = new Date('1985-10-26T08:15:00Z');

/**
 * An npm package of these members, in their order: the same members give the same bytes. Owners, times and modes are
 * fixed, and nothing of this machine enters it.
 */
export async function tarball(members: readonly TarballMember[]): Promise<Buffer> {
  const archive = pack();
  for (const member of members) {
    archive.entry(
      {
        name: `package/${member.name}`,
        type: 'file',
        mode: member.executable ? 0o755 : 0o644,
        uid: 0,
        gid: 0,
        mtime: MODIFIED,
        size: member.bytes.length,
      },
      Buffer.from(member.bytes.buffer, member.bytes.byteOffset, member.bytes.length),
    );
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  const packed = gzipSync(Buffer.concat(chunks), { level: 9 });
  // RFC 1952 §2.3.1: the byte that names the operating system; 255 is "unknown".
  packed[9] = 255;
  return packed;
}
