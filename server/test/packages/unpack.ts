import { gunzipSync } from 'node:zlib';

import { extract } from 'tar-stream';

export interface UnpackedMember {
  readonly bytes: Buffer;
  readonly mode: number | undefined;
}

/** The members of a gzipped tar, in their order. */
export async function unpack(bytes: Buffer): Promise<Map<string, UnpackedMember>> {
  const members = new Map<string, UnpackedMember>();
  const reader = extract();
  reader.end(gunzipSync(bytes));
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    members.set(entry.header.name, { bytes: Buffer.concat(chunks), mode: entry.header.mode });
  }
  return members;
}
