import { floorCases } from './floor-cases.ts';
import { attestationCases } from './attestation-cases.ts';
import { requestAttestedCases } from './request-attested-cases.ts';
import { folderCases } from './folder-cases.ts';
import { requestTimeCases } from './request-time-cases.ts';
import { requestAllowlistCases } from './request-allowlist-cases.ts';
import { requestAcceptedCases } from './request-accepted-cases.ts';
import { requestProofCases } from './request-proof-cases.ts';
import { proofCases } from './proof-cases.ts';
import { loadPolicyCases } from './load-policy-cases.ts';
import { loadFloorCases } from './load-floor-cases.ts';
import { loadMetadataCases } from './load-metadata-cases.ts';
import { loadEntryCases } from './load-entry-cases.ts';
import { requestEntryCases } from './request-entry-cases.ts';
import { requestGrantCases } from './request-grant-cases.ts';
import { loadKeyCases } from './load-key-cases.ts';
import { loadShapeCases } from './load-shape-cases.ts';
import { loadBundleCases } from './load-bundle-cases.ts';
import { loadAcceptedCases } from './load-accepted-cases.ts';
import { approvalCases } from './approval-cases.ts';
import { approvalsCases } from './approvals-cases.ts';
import { freshnessCases } from './freshness-cases.ts';
import { inclusionCases } from './inclusion-cases.ts';
import { policyCases } from './policy-cases.ts';
import { revocationCases } from './revocation-cases.ts';
import { jsonCases } from './json-cases.ts';
import { keyCases } from './key-cases.ts';
import { statementCases } from './statement-cases.ts';
import { valueCases } from './value-cases.ts';
import type { Made } from './vector-case.ts';

/** Every vector, in memory. Throws TypeError when two have one name. */
export function allCases(): readonly Made[] {
  const made = [
    ...jsonCases(),
    ...valueCases(),
    ...keyCases(),
    ...statementCases(),
    ...approvalCases(),
    ...approvalsCases(),
    ...freshnessCases(),
    ...inclusionCases(),
    ...policyCases(),
    ...revocationCases(),
    ...proofCases(),
    ...folderCases(),
    ...floorCases(),
    ...requestTimeCases(),
    ...requestAllowlistCases(),
    ...requestAcceptedCases(),
    ...requestProofCases(),
    ...attestationCases(),
    ...requestAttestedCases(),
    ...loadAcceptedCases(),
    ...loadPolicyCases(),
    ...loadFloorCases(),
    ...loadMetadataCases(),
    ...loadShapeCases(),
    ...loadKeyCases(),
    ...loadEntryCases(),
    ...requestEntryCases(),
    ...requestGrantCases(),
    ...loadBundleCases(),
  ];
  const paths = new Set<string>();
  for (const { path } of made) {
    if (paths.has(path)) throw new TypeError(`${path} is made twice.`);
    paths.add(path);
  }
  return made;
}
