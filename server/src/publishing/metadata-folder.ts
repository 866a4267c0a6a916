// The folder of published metadata: `<version>.<role>.json.gz`. A file is written once and never changed; which files
// are in force is what the database's `roles` say, and the signatures prove.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { createFile } from '@appwarrant/keys';

import type { PackedMember } from './pack-bundle.ts';

/** One version of one role, as it lies on the disk and goes into bundles. */
export interface RoleFile {
  readonly role: string;
  readonly version: number;
  readonly member: PackedMember;
}

/** No metadata file is larger (SPEC §12). */
const LARGEST = 64 * 1024 * 1024;

/** The name that a role's file has in bundles (SPEC §6). */
export function memberName(role: string, version: number): string {
  return role === 'timestamp' ? 'timestamp.json' : `${version}.${role}.json`;
}

/**
 * Writes a file, and returns once it and its name are on the disk. Throws KeysError where a file of that name is there:
 * two publications never share a version.
 */
export function writeRoleFile(dataDir: string, file: RoleFile): void {
  const path = pathOf(dataDir, file.role, file.version);
  createFile(path, file.member.packed, 0o644);
}

/** Makes the folder where it is missing. */
export function makeMetadataFolder(dataDir: string): void {
  mkdirSync(join(dataDir, 'metadata'), { recursive: true });
}

/** A file in the form that bundles carry, length and digest as the database names them. */
export function readRoleFile(
  dataDir: string,
  { role, version, length, digest }: { role: string; version: number; length: number; digest: string },
): RoleFile {
  const packed = readFileSync(pathOf(dataDir, role, version));
  return { role, version, member: { name: memberName(role, version), packed, length, digest } };
}

/** What a file unpacks to. Throws Error, with a sentence, for a missing or damaged file. */
export function readRoleBytes(dataDir: string, role: string, version: number): Uint8Array {
  const path = pathOf(dataDir, role, version);
  try {
    return gunzipSync(readFileSync(path), { maxOutputLength: LARGEST });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`The published file ${path} cannot be read (${why}). Restore it from a backup.`, {
      cause: error,
    });
  }
}

/** A file in the form that bundles carry, for roles whose older versions stay in bundles: roots. */
export function readWholeRoleFile(dataDir: string, role: string, version: number): RoleFile {
  const bytes = readRoleBytes(dataDir, role, version);
  const digest = createHash('sha256').update(bytes).digest('hex');
  return readRoleFile(dataDir, { role, version, length: bytes.length, digest });
}

function pathOf(dataDir: string, role: string, version: number): string {
  return join(dataDir, 'metadata', `${version}.${role}.json.gz`);
}
