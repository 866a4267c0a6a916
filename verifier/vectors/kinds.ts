import type { Kind } from './kind.ts';
import { approval, approvals } from './kinds/approval.ts';
import { attestation } from './kinds/attestation.ts';
import { floor } from './kinds/floor.ts';
import { folder } from './kinds/folder.ts';
import { freshness } from './kinds/freshness.ts';
import { inclusion } from './kinds/inclusion.ts';
import { json } from './kinds/json.ts';
import { key } from './kinds/key.ts';
import { load } from './kinds/load.ts';
import { policy } from './kinds/policy.ts';
import { proof } from './kinds/proof.ts';
import { request } from './kinds/request.ts';
import { revocation } from './kinds/revocation.ts';
import { statement } from './kinds/statement.ts';
import { value } from './kinds/value.ts';

/** Every kind of vector, by the name in its member `kind`. */
export const kinds: ReadonlyMap<string, Kind> = new Map(
  Object.entries({
    json,
    value,
    key,
    statement,
    approval,
    approvals,
    inclusion,
    policy,
    revocation,
    freshness,
    floor,
    load,
    proof,
    attestation,
    request,
    folder,
  }),
);
