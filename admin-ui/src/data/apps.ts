import type { App, Platform } from '@appwarrant/server/api-types';
import { get, path, send } from './request.ts';

export type { App, Platform };

/** What an app is registered with. Admins name the partner; partners are their own. */
export interface NewApp {
  readonly partnerId?: string;
  readonly slug: string;
  readonly name: string;
  readonly platform: Platform;
  readonly capabilities: readonly string[];
}

export function fetchApps(signal?: AbortSignal): Promise<readonly App[]> {
  return get<readonly App[]>('/apps', signal);
}

export function fetchApp(id: string, signal?: AbortSignal): Promise<App> {
  return get<App>(path`/apps/${id}`, signal);
}

export function registerApp(app: NewApp): Promise<App> {
  return send<App>('POST', '/apps', app);
}
