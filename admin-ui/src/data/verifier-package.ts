import type { VerifierPackage } from '@appwarrant/server/api-types';
import { fileAddress, get, send } from './request.ts';

export type { VerifierPackage };

/** The newest package, or null when none was made. */
export async function fetchVerifierPackage(signal?: AbortSignal): Promise<VerifierPackage | null> {
  return (await get<VerifierPackage | null | undefined>('/verifier-package', signal)) ?? null;
}

export async function makeVerifierPackage(): Promise<void> {
  await send('POST', '/verifier-package');
}

export const verifierPackageAddress = fileAddress('/verifier-package/file');
