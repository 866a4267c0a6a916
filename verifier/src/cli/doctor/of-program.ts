import { Refused } from '../../refused.ts';
import { act, ok, refusedAs, type Finding } from './finding.ts';
import type { Site } from './site.ts';
import { programName, programVersion } from '../program.ts';

/** The oldest Node that the package is tested on. */
const leastNode = 20;

/** The program itself: the Node it runs on, the package and whom it trusts. */
export function ofProgram(site: Site): readonly Finding[] {
  return [ofNode(process.versions.node), ofPackage(site)];
}

function ofNode(version: string): Finding {
  return Number.parseInt(version, 10) >= leastNode
    ? ok('node', `Node ${version}.`)
    : act('now', 'node', `Node ${version} is too old.`, `Install Node ${leastNode} or newer.`);
}

function ofPackage({ anchor, folder }: Site): Finding {
  if (anchor instanceof Refused) return refusedAs('package', anchor, folder);
  const says = `${programName()} ${programVersion()} of ${anchor.vendor.name}, registry ${anchor.registry.slice(0, 16)}…, ${anchor.environment}.`;
  if (anchor.environment === 'production') return ok('package', says);
  return act(
    'soon',
    'package',
    `DEVELOPMENT KEYS, which lie about unprotected and admit for this machine's own origins only. ${says}`,
    "Never use it with real data: install the vendor's production package.",
  );
}
