import type {
  Build,
  BuildAnswer,
  BuildPage,
  BuildRow,
  BuildSort,
  BuildState,
  EcKey,
  Holder,
  KeyUse,
} from '@appwarrant/server/api-types';
import { fileAddress, get, path, send } from './request.ts';

export type { Build, BuildRow, BuildSort, BuildState, Holder, KeyUse };

/** Which builds, in which order. */
export interface BuildQuery {
  readonly state: BuildState | '';
  readonly words: string;
  readonly sort: BuildSort;
  readonly appId?: string;
}

export interface NewBuild {
  readonly upload: string;
  readonly version: string;
  readonly key: EcKey;
  readonly keyProof: string;
  readonly use: KeyUse;
  readonly holder: Holder;
  readonly capabilities: readonly string[];
  readonly customers: 'all' | readonly string[];
}

export function fetchBuilds(
  query: BuildQuery,
  offset: number,
  limit: number,
  signal?: AbortSignal,
): Promise<BuildPage> {
  const search = new URLSearchParams({ sort: query.sort, offset: String(offset), limit: String(limit) });
  if (query.state !== '') search.set('state', query.state);
  if (query.words !== '') search.set('q', query.words);
  if (query.appId !== undefined) search.set('app', query.appId);
  return get<BuildPage>(`/builds?${search}`, signal);
}

export async function fetchBuild(id: string, signal?: AbortSignal): Promise<Build> {
  return (await get<BuildAnswer>(path`/builds/${id}`, signal)).build;
}

export async function submitBuild(appId: string, build: NewBuild): Promise<Build> {
  return (await send<BuildAnswer>('POST', path`/apps/${appId}/builds`, build)).build;
}

export async function rejectBuild(id: string, reason: string): Promise<void> {
  await send('POST', path`/builds/${id}/reject`, { reason });
}

export async function revokeBuild(id: string, reason: string): Promise<void> {
  await send('POST', path`/builds/${id}/revoke`, { reason });
}

export function artifactAddress(id: string): string {
  return fileAddress(path`/builds/${id}/artifact`);
}

export function deliveryNoteAddress(id: string): string {
  return fileAddress(path`/builds/${id}/delivery-note`);
}
