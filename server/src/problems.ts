// The closed list of everything that the portal can say no with: a code, its HTTP status and a title. A code is never
// reused for another meaning, and never equals a reason of the verifier.

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

const LIST = {
  // the request itself
  body_malformed: { status: 400, title: 'The request body cannot be read' },
  body_type: { status: 415, title: 'This kind of body is not accepted here' },
  body_too_large: { status: 413, title: 'The request is too large' },
  body_cut_short: { status: 400, title: 'The request ended early' },
  input_invalid: { status: 422, title: 'Something in the request is missing or wrong' },
  path_malformed: { status: 400, title: 'The address cannot be read' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'This address does not answer that method' },
  unknown_host: { status: 421, title: 'This server does not answer for that host name' },
  other_origin: { status: 403, title: 'The request came from another site' },
  too_many_requests: { status: 429, title: 'Too many requests in a short time' },
  range_unsatisfiable: { status: 416, title: 'The file does not have that range' },
  internal: { status: 500, title: 'Something went wrong in the portal' },
  not_ready: { status: 503, title: 'The portal is not ready' },

  // who is asking
  no_session: { status: 401, title: 'Nobody is signed in' },
  not_allowed: { status: 403, title: 'Your role may not do this' },
  not_yours: { status: 404, title: 'There is nothing of yours here' },
  passkey_refused: { status: 401, title: 'The passkey was not accepted' },
  passkey_unknown: { status: 401, title: 'This passkey is not known here' },
  passkey_exists: { status: 409, title: 'This passkey is already registered' },
  flow_over: { status: 410, title: 'This attempt is over' },
  invitation_unknown: { status: 404, title: 'This invitation does not exist' },
  invitation_used: { status: 410, title: 'This invitation has been used' },
  invitation_over: { status: 410, title: 'This invitation is over' },
  person_left: { status: 403, title: 'This person no longer has access' },
  last_admin: { status: 409, title: 'The last admin cannot leave' },

  // partners, apps, builds
  partner_exists: { status: 409, title: 'A partner of that name exists' },
  partner_unknown: { status: 422, title: 'There is no such partner' },
  app_exists: { status: 409, title: 'The partner has an app of that name in addresses' },
  upload_unknown: { status: 422, title: 'There is no such upload' },
  upload_empty: { status: 422, title: 'The upload is empty' },
  upload_too_large: { status: 413, title: 'The upload is too large' },
  storage_full: { status: 507, title: 'The portal’s disk is full' },
  upload_broken: { status: 422, title: 'The file is broken' },
  build_exists: { status: 409, title: 'This app already has a build of these bytes' },
  key_in_use: { status: 409, title: 'This key stands under another app' },
  app_key_malformed: { status: 422, title: 'The public key cannot be used' },
  key_proof_wrong: { status: 422, title: 'The proof of possession does not fit the key' },
  build_decided: { status: 409, title: 'This build has been decided' },
  build_not_approved: { status: 409, title: 'This build is not approved' },
  artifact_missing: { status: 410, title: 'The bytes of this build are no longer kept' },
  delivery_note_not_ready: { status: 409, title: 'There is no delivery note for this build' },

  // approving, people who approve
  list_unknown: { status: 404, title: 'There is nothing to approve under this link' },
  list_over: { status: 410, title: 'This link is over' },
  list_mixed: { status: 422, title: 'One list has one kind of statement' },
  list_repeated: { status: 422, title: 'A statement stands in the list twice' },
  list_too_long: { status: 422, title: 'The list is too long' },
  statement_not_open: { status: 409, title: 'This statement is not waiting for approval' },
  approval_refused: { status: 422, title: 'The approval does not count' },
  approval_repeated: { status: 409, title: 'This person has approved this already' },
  enrolment_unknown: { status: 404, title: 'There is no enrolment under this link' },
  enrolment_over: { status: 410, title: 'This enrolment link is over' },
  enrolment_refused: { status: 422, title: 'The approval passkey was not accepted' },
  person_cannot_approve: { status: 409, title: 'This person cannot become an approver' },
  roster_request_missing: { status: 409, title: 'There is no open roster request' },
  roster_import_refused: { status: 422, title: 'The signed targets file was not accepted' },
  offline_keys_elsewhere: { status: 409, title: 'The offline keys are not here' },

  // customers, publishing
  customer_exists: { status: 409, title: 'A customer of that name exists' },
  customer_unknown: { status: 422, title: 'There is no such customer' },
  deployment_exists: { status: 409, title: 'This deployment belongs to a customer already' },
  deployment_missing: { status: 409, title: 'The customer has no deployment' },
  origin_refused: { status: 422, title: 'This origin cannot be licensed here' },
  ceiling_exceeded: { status: 422, title: 'This is more than the roster allows' },
  bundle_not_ready: { status: 409, title: 'There is no bundle for this customer yet' },
  revocation_subject_unknown: { status: 422, title: 'There is no such thing to revoke' },
  publication_refused: { status: 409, title: 'The portal will not publish this' },
  publication_lost_race: { status: 409, title: 'Another publication came first' },
  wall_too_near: { status: 409, title: 'The offline keys must sign again first' },
  package_not_ready: { status: 409, title: 'There is no verifier package yet' },
  sample_exists: { status: 409, title: 'The sample is here already' },
} as const satisfies Record<string, ProblemKind>;

/** One of the portal's codes. */
export type ProblemCode = keyof typeof LIST;

/** Every code with its status and title. */
export const PROBLEMS: ReadonlyMap<ProblemCode, ProblemKind> = new Map(
  Object.entries(LIST) as [ProblemCode, ProblemKind][],
);
