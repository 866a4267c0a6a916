import type { Customer, Deployment, GrantEffect, GrantView, LicenseView } from '@appwarrant/server/api-types';
import { fileAddress, get, path, send } from './request.ts';

export type { Customer, Deployment, GrantEffect, GrantView, LicenseView };

export interface LicenseTerms {
  /** Seconds. */
  readonly fresh: number;
  readonly grace: number;
  readonly validForDays: number;
}

export function fetchCustomers(signal?: AbortSignal): Promise<readonly Customer[]> {
  return get<readonly Customer[]>('/customers', signal);
}

export function fetchCustomer(id: string, signal?: AbortSignal): Promise<Customer> {
  return get<Customer>(path`/customers/${id}`, signal);
}

export function addCustomer(name: string, deployments: readonly Deployment[]): Promise<Customer> {
  return send<Customer>('POST', '/customers', { name, deployments });
}

export function setDeployments(id: string, deployments: readonly Deployment[]): Promise<Customer> {
  return send<Customer>('PUT', path`/customers/${id}/deployments`, { deployments });
}

/** Proposes a licence: it takes effect once approvers have signed it. */
export async function proposeLicense(id: string, terms: LicenseTerms): Promise<void> {
  await send('POST', path`/customers/${id}/license`, terms);
}

/** Proposes a grant: it takes effect once approvers have signed it. */
export async function proposeGrant(
  id: string,
  effect: GrantEffect,
  reason: string,
  hours: number,
): Promise<void> {
  await send('POST', path`/customers/${id}/grants`, { effect, reason, hours });
}

export function bundleAddress(id: string): string {
  return fileAddress(path`/customers/${id}/bundle`);
}
