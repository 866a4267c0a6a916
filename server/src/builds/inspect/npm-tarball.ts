import type { FileHandle } from 'node:fs/promises';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { isLabel } from '@appwarrant/verifier/formats';

import type { Finding } from '../../api-types.ts';
import { extract } from '../../packages/tarball.ts';
import { Problem } from '../../problem.ts';
import type { Inspection } from './inspection.ts';

/** What a tarball may unpack to, in bytes and in entries: a few bytes of gzip can hold terabytes. */
const UNPACKED_BYTES = 8 * 1024 ** 3;
const ENTRIES = 200_000;
const PACKAGE_JSON_BYTES = 1024 * 1024;

const PACKAGE_JSON = 'package/package.json';

/**
 * Reads a gzip file: an npm tarball if it is a tar with package/package.json, else something unknown.
 * @throws Problem upload_broken
 */
export async function inspectNpmTarball(file: FileHandle): Promise<Inspection> {
  const unpacked = countedGunzip(file);
  const tar = extract();
  let manifest: Buffer | null = null;
  const findings: Finding[] = [];
  const read = async () => {
    let entries = 0;
    for await (const entry of tar) {
      entries += 1;
      if (entries > ENTRIES) throw broken(`It has more than ${ENTRIES} entries.`);
      if (leavesItsFolder(entry.header.name) && findings.length === 0) {
        findings.push({
          severity: 'error',
          code: 'path_outside',
          message: 'An entry of the tarball points outside of it.',
        });
      }
      if (entry.header.name !== PACKAGE_JSON) entry.resume();
      else if (manifest !== null) throw broken('It has two files package/package.json.');
      else manifest = await readSmall(entry);
    }
  };
  // Each of the two ends the other when it fails, so both reasons are looked at.
  const ends = await Promise.allSettled([pipeline(unpacked, tar), read()]);
  const errors: unknown[] = [];
  for (const end of ends) if (end.status === 'rejected') errors.push(end.reason);
  for (const error of errors) if (error instanceof Problem) throw error;
  for (const error of errors)
    if (isGzipError(error)) throw broken('It is a gzip file that is damaged or cut off.', error);
  if (errors.length > 0) {
    // Whether the gzip itself is whole still has to be known.
    await drain(countedGunzip(file));
    return { kind: 'unknown', name: null, version: null, findings: [] };
  }
  if (manifest === null) return { kind: 'unknown', name: null, version: null, findings };
  return { kind: 'npm', ...readManifest(manifest, findings) };
}

function countedGunzip(file: FileHandle): Readable {
  let length = 0;
  const gunzip = createGunzip();
  gunzip.on('data', (part: Buffer) => {
    length += part.length;
    if (length > UNPACKED_BYTES) gunzip.destroy(broken(`It unpacks to more than ${UNPACKED_BYTES} bytes.`));
  });
  const source = file.createReadStream({ start: 0, autoClose: false });
  source.on('error', (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}

async function drain(stream: Readable): Promise<void> {
  try {
    await pipeline(stream, new Writable({ write: (_part, _encoding, done) => done() }));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw broken('It is a gzip file that is damaged or cut off.', error);
  }
}

async function readSmall(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of entry as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > PACKAGE_JSON_BYTES) throw broken('Its package.json is too large.');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function readManifest(bytes: Buffer, findings: Finding[]): Omit<Inspection, 'kind'> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw broken('Its package.json is not JSON.', error);
  }
  const manifest =
    typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : new Map<string, unknown>();
  const text = (member: string) => {
    const found: unknown = manifest.get(member);
    if (typeof found === 'string' && isLabel(found)) return found;
    findings.push({
      severity: 'warning',
      code: 'manifest_incomplete',
      message: `package.json has no usable ${member}.`,
    });
    return null;
  };
  return { name: text('name'), version: text('version'), findings };
}

function leavesItsFolder(name: string): boolean {
  return name.startsWith('/') || name.split(/[/\\]/).includes('..');
}

function isGzipError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && code.startsWith('Z_');
}

function broken(why: string, cause?: unknown): Problem {
  return new Problem('upload_broken', `The file cannot be taken. ${why}`, { cause });
}
