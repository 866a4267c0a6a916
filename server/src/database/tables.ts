// Every table, as the queries see it. Times are text (SPEC §1.5), members called *_json hold JSON text, lengths are bytes,
// digests are 64 hexadecimal digits. No booleans: what can be on or off says since when.

type Text = string;
type Time = string;
type Json = string;
type Digest = string;

/** Facts of which there is one each: registry, environment, vendor_name, vendor_slug, … */
interface SettingsTable {
  name: Text;
  value: Text;
}

export interface PeopleTable {
  id: Text;
  name: Text;
  role: 'admin' | 'partner';
  /** The partner that a person of role `partner` belongs to. */
  partner_id: Text | null;
  created_at: Time;
  last_seen_at: Time | null;
  /** Since when this person may no longer sign in. */
  left_at: Time | null;
}

/** Sign-in passkeys. Approval passkeys are `approver_credentials`: never the same ones. */
export interface CredentialsTable {
  /** The credential id, base64url. */
  id: Text;
  person_id: Text;
  /** COSE_Key. */
  public_key: Uint8Array;
  counter: number;
  transports_json: Json;
  created_at: Time;
  last_used_at: Time | null;
}

export interface InvitationsTable {
  /** Digest of the token in the link; the token itself is kept nowhere. */
  token_digest: Digest;
  kind: 'admin' | 'partner';
  name: Text;
  partner_id: Text | null;
  /** Who invited; null for the link that the first start prints. */
  created_by: Text | null;
  created_at: Time;
  expires_at: Time;
  used_at: Time | null;
}

export interface SessionsTable {
  token_digest: Digest;
  person_id: Text;
  created_at: Time;
  seen_at: Time;
  expires_at: Time;
}

/** A passkey ceremony under way: its challenge, once. */
export interface FlowsTable {
  id: Text;
  kind: 'sign-in' | 'invitation';
  /** base64url of 32 bytes. */
  challenge: Text;
  /** The invitation's token digest, and the id that the new person will have. */
  invitation: Digest | null;
  person_id: Text | null;
  expires_at: Time;
}

export interface PartnersTable {
  id: Text;
  name: Text;
  created_by: Text | null;
  created_at: Time;
}

export type Platform = 'server' | 'web' | 'android' | 'ios' | 'macos' | 'windows' | 'linux';

export interface AppsTable {
  id: Text;
  partner_id: Text;
  slug: Text;
  name: Text;
  platform: Platform;
  /** What its builds may ask for at most: sorted, distinct. */
  capabilities_json: Json;
  created_by: Text;
  created_at: Time;
}

/** One key stands under one app: the thumbprint is the primary key. */
interface AppKeysTable {
  thumbprint: Text;
  app_id: Text;
  created_at: Time;
}

export interface UploadsTable {
  id: Text;
  person_id: Text;
  partner_id: Text | null;
  digest: Digest;
  length: number;
  kind: 'npm' | 'apk' | 'zip' | 'unknown';
  name: Text | null;
  version: Text | null;
  findings_json: Json;
  created_at: Time;
}

export type Holder = 'server' | 'embedded' | 'hardware';

/** Whether a build's key signs requests, or vouches for the keys of installed copies (SPEC §10.11). */
export type KeyUse = 'request' | 'attest';

/** waiting → approved (enough people) → published (in the allowlist); or rejected; revoked ends any. */
export type BuildState = 'waiting' | 'approved' | 'published' | 'rejected' | 'revoked';

export interface BuildsTable {
  id: Text;
  app_id: Text;
  partner_id: Text;
  digest: Digest;
  length: number;
  kind: 'npm' | 'apk' | 'zip' | 'unknown';
  version: Text;
  /** JWK of the build's key, its thumbprint, and the signature by it (base64url r‖s) over the key-proof statement. */
  key_json: Json;
  thumbprint: Text;
  key_proof: Text;
  key_use: KeyUse;
  holder: Holder;
  capabilities_json: Json;
  /** "all" or sorted customer ids. */
  customers_json: Json;
  findings_json: Json;
  /** Digest of the canonical findings and accepted terms: the `review` of the entry. */
  review: Digest;
  state: BuildState;
  submitted_by: Text;
  submitted_at: Time;
  decided_at: Time | null;
  /** Of the rejection or revocation. */
  reason: Text | null;
}

export interface BuildHistoryTable {
  build_id: Text;
  seq: number;
  at: Time;
  /** A person's id, or null for the portal itself. */
  actor: Text | null;
  event:
    'submitted' | 'proposed' | 'approval' | 'approved' | 'published' | 'rejected' | 'revoked' | 'superseded';
  detail: Text;
}

/** A statement: what people approve, and what the verifier judges. Its canonical bytes never change. */
export interface StatementsTable {
  /** Digest of the canonical statement. */
  digest: Digest;
  kind: 'entry' | 'licence' | 'grant';
  role: Text;
  path: Text;
  /** Canonical text of the whole statement. */
  statement: Text;
  /** A build's id, a customer's id (licence) or a grant's id. */
  subject_id: Text;
  issued: Time;
  expires: Time;
  state: 'proposed' | 'approved' | 'published' | 'superseded' | 'revoked' | 'withdrawn';
  created_by: Text | null;
  created_at: Time;
  approved_at: Time | null;
  /** The publication since which it is in the allowlist; null while it is not. */
  listed_since: number | null;
  /** Of licences and grants: how long a server may go without a new bundle, in seconds. */
  offline_seconds: number | null;
}

export interface ApprovalsTable {
  statement_digest: Digest;
  /** A person's id. */
  approver_id: Text;
  /** Credential id, base64url. */
  credential_id: Text;
  list_id: Text;
  /** The approval as it stands in `custom.approvals` (SPEC §4.1). */
  approval_json: Json;
  created_at: Time;
}

/** What one touch approves: its statements, in order. */
export interface ApprovalListsTable {
  id: Text;
  token_digest: Digest;
  kind: 'entry' | 'licence' | 'grant';
  created_by: Text;
  created_at: Time;
  expires_at: Time;
  /** Once an approval has been given under this link. */
  used_at: Time | null;
}

interface ApprovalListItemsTable {
  list_id: Text;
  position: number;
  statement_digest: Digest;
}

/** One-time links with which a person registers an approval passkey. */
export interface EnrolmentsTable {
  token_digest: Digest;
  person_id: Text;
  created_by: Text;
  created_at: Time;
  expires_at: Time;
  used_at: Time | null;
}

export interface ApproverCredentialsTable {
  /** Credential id, base64url. */
  id: Text;
  person_id: Text;
  alg: 'ES256' | 'RS256';
  /** JWK of SPEC §1.7. */
  key_json: Json;
  thumbprint: Text;
  created_at: Time;
}

export interface CustomersTable {
  id: Text;
  name: Text;
  created_by: Text | null;
  created_at: Time;
}

export interface DeploymentsTable {
  /** Thumbprint of the deployment key: under one customer only. */
  id: Text;
  customer_id: Text;
  origins_json: Json;
  created_at: Time;
}

export interface GrantsTable {
  id: Text;
  customer_id: Text;
  effect_json: Json;
  reason: Text;
  statement_digest: Digest;
  created_by: Text;
  created_at: Time;
}

export interface RevocationsTable {
  id: Text;
  /** The subject of SPEC §2.3, canonical text. */
  subject: Text;
  through: Time;
  reason: Text;
  created_by: Text;
  created_at: Time;
  /** The first `registry` version that carried it. */
  published_version: number | null;
}

/** The newest published version of every role. Its bytes lie in the metadata folder. */
export interface RolesTable {
  role: Text;
  /** For online roles: the version of the publication that made it, so that no two attempts share one. */
  version: number;
  length: number;
  digest: Digest;
  expires: Time;
  /** How many statements stand in it. */
  listed: number;
}

/** What an admin has decided about an approver, and the offline keys have not signed yet. */
export interface ApproverChangesTable {
  person_id: Text;
  status: 'retired' | 'compromised';
  created_by: Text;
  created_at: Time;
}

export interface PublicationsTable {
  /** The version of `timestamp`. */
  version: number;
  state: 'reserved' | 'published' | 'failed';
  /** Why: approvals, a revocation, the roster, the timer, by hand. */
  cause: Text;
  /** Null for the portal itself. */
  created_by: Text | null;
  created_at: Time;
  published_at: Time | null;
  signed_at: Time | null;
  snapshot_version: number | null;
  targets_version: number | null;
  registry_version: number | null;
  /** What it contains: counts of entries, partners, customers, and what changed. */
  summary_json: Json;
}

export interface PackagesTable {
  id: Text;
  version: Text;
  /** The verifier's release that it was made of. */
  release_version: Text;
  file: Text;
  digest: Digest;
  length: number;
  anchor_json: Json;
  /** The `targets` version in force when it was made. */
  targets_version: number;
  created_by: Text;
  created_at: Time;
}

export interface AuditTable {
  seq: number;
  at: Time;
  /** A person's id; null for the portal itself. */
  actor: Text | null;
  action: Text;
  /** The id of what it was done to. */
  subject: Text | null;
  detail: Json;
  previous: Digest;
  digest: Digest;
}

export interface Tables {
  settings: SettingsTable;
  people: PeopleTable;
  credentials: CredentialsTable;
  invitations: InvitationsTable;
  sessions: SessionsTable;
  flows: FlowsTable;
  partners: PartnersTable;
  apps: AppsTable;
  app_keys: AppKeysTable;
  uploads: UploadsTable;
  builds: BuildsTable;
  build_history: BuildHistoryTable;
  statements: StatementsTable;
  approvals: ApprovalsTable;
  approval_lists: ApprovalListsTable;
  approval_list_items: ApprovalListItemsTable;
  enrolments: EnrolmentsTable;
  approver_credentials: ApproverCredentialsTable;
  customers: CustomersTable;
  deployments: DeploymentsTable;
  grants: GrantsTable;
  revocations: RevocationsTable;
  roles: RolesTable;
  approver_changes: ApproverChangesTable;
  publications: PublicationsTable;
  packages: PackagesTable;
  audit: AuditTable;
}
