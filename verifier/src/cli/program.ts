import { installedName, installedVersion } from '../installed-anchor.ts';
import { attempt } from '../attempt.ts';
import { Refused } from '../refused.ts';

/** What people type to run this program; a plain name where the installed package is damaged. */
export function programName(): string {
  const name = attempt(installedName);
  return name instanceof Refused ? 'appwarrant-verifier' : name;
}

/** The version of the installed package; empty where it is damaged. */
export function programVersion(): string {
  const version = attempt(installedVersion);
  return version instanceof Refused ? '' : version;
}
