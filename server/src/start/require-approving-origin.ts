import { ConfigError } from '../config.ts';
import type { Context } from '../context.ts';
import { inForce } from '../publishing/in-force.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';

/**
 * In production the roster fixes where approvals are given: at another origin every one of them would be refused.
 * @throws ConfigError
 */
export async function requireApprovingOrigin(context: Context): Promise<void> {
  if (context.repository.environment === 'development' || (await inForce(context)).version === 0) return;
  const { approveOrigin } = context.config;
  const { origins } = (await offlineRoles(context)).targets.roster;
  if (origins.includes(approveOrigin)) return;
  throw new ConfigError(
    `APPWARRANT_APPROVE_ORIGIN is ${approveOrigin}, but the roster is for approving at ${origins.join(', ')}.`,
  );
}
