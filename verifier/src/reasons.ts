/**
 * Every way in which the verifier says no: the closed list of reason codes.
 *
 * A code is never renamed and never reused. `status` is the HTTP status of the answer to a refused request (for a refused
 * bundle it is what a service would answer that was given it); `title` is a short name; `sentence` says what to do.
 */

type Reason = { readonly status: number; readonly title: string; readonly sentence: string };

const ask = 'Ask the vendor for a new bundle.';
const damaged = 'The file is damaged or was not made by the vendor: fetch it again.';

export const reasons = {
  // What every file and header has to satisfy before it means anything (SPEC §1, §12).
  json_malformed: {
    status: 400,
    title: 'Not strict JSON',
    sentence: 'Send JSON as SPEC §1.1 describes it.',
  },
  base64url_malformed: {
    status: 400,
    title: 'Not base64url',
    sentence: 'Send base64url without padding, in its only spelling (SPEC §1.4).',
  },
  value_malformed: {
    status: 400,
    title: 'Malformed value',
    sentence: 'Write the value as SPEC §1 describes it.',
  },
  key_malformed: {
    status: 400,
    title: 'Not a usable public key',
    sentence: 'Use a P-256 public key as SPEC §1.7 describes it.',
  },
  too_large: {
    status: 413,
    title: 'Too large',
    sentence: 'Stay within the limits of SPEC §12.',
  },

  // Where the verifier itself stands.
  no_trust_anchor: {
    status: 503,
    title: 'No trust anchor',
    sentence:
      "This is the source package, which trusts nobody: install the vendor's own verifier package instead.",
  },
  anchor_malformed: {
    status: 503,
    title: 'Malformed trust anchor',
    sentence: "The installed package is damaged: install the vendor's verifier package again.",
  },
  not_activated: {
    status: 503,
    title: 'Not activated',
    sentence: 'Run the activate command once, and send the deployment id that it prints to the vendor.',
  },
  deployment_key_malformed: {
    status: 503,
    title: 'Damaged deployment key',
    sentence: 'Restore deployment-key.pem, or activate in a new state folder and tell the vendor the new id.',
  },
  state_unusable: {
    status: 503,
    title: 'State folder unusable',
    sentence:
      'Make room on its disk, and give the state folder and the files in it to the user that runs the server, and to nobody else.',
  },
  state_other_registry: {
    status: 503,
    title: "Another vendor's state folder",
    sentence: 'Use one state folder for each vendor.',
  },
  state_newer: {
    status: 503,
    title: "A later package's state folder",
    sentence: 'Install the later package again.',
  },
  origin_malformed: {
    status: 400,
    title: 'Malformed origin',
    sentence: 'Write scheme://host[:port], in lower case, without a default port or a path.',
  },
  closed: {
    status: 503,
    title: 'Closed',
    sentence: 'The server is shutting down: try again once it has started.',
  },

  // Bundles and their metadata (SPEC §2, §6, §7).
  bundle_malformed: { status: 400, title: 'Not a bundle', sentence: damaged },
  bundle_shape: {
    status: 400,
    title: 'Wrong members',
    sentence: `A file is missing, extra, or does not belong into a bundle. ${ask}`,
  },
  metadata_malformed: { status: 400, title: 'Malformed metadata', sentence: damaged },
  metadata_threshold: { status: 400, title: 'Not signed by the keys it needs', sentence: damaged },
  metadata_expired: { status: 400, title: 'Expired metadata', sentence: ask },
  metadata_version: {
    status: 400,
    title: 'Versions do not fit together',
    sentence: `The files of this bundle do not belong together. ${ask}`,
  },
  metadata_digest: {
    status: 400,
    title: 'Digest of a metadata file differs',
    sentence: `The files of this bundle do not belong together. ${ask}`,
  },
  wrong_registry: {
    status: 400,
    title: "Another vendor's registry",
    sentence: 'Load bundles of the vendor whose package is installed.',
  },
  root_environment: {
    status: 400,
    title: 'Development and production mixed',
    sentence: 'Use the package and the bundle of one registry.',
  },
  rollback: {
    status: 409,
    title: 'Older than what was already loaded',
    sentence: 'Load the newest bundle.',
  },
  equivocation: {
    status: 409,
    title: 'Two files under one version',
    sentence: 'Keep both bundles, and tell the vendor.',
  },
  below_anchor_minimum: {
    status: 409,
    title: 'Older than the package allows',
    sentence: ask,
  },
  signed_in_future: {
    status: 409,
    title: 'Signed in the future',
    sentence: "Set this machine's clock: the bundle was signed later than the time that it shows.",
  },
  floor_missing: {
    status: 409,
    title: 'No floor',
    sentence: 'Load a fresh bundle: without a floor an older one may be a replayed one.',
  },
  roster_malformed: { status: 400, title: 'Malformed roster', sentence: ask },
  roster_threshold: { status: 400, title: 'Roster demands too few approvals', sentence: ask },
  revocation_malformed: { status: 400, title: 'Malformed revocation', sentence: ask },
  revocation_from_future: { status: 400, title: 'Revocation from the future', sentence: ask },
  license_missing: { status: 400, title: 'No licence', sentence: ask },
  license_not_approved: {
    status: 400,
    title: 'Licence not approved',
    sentence: "The vendor's approvers must approve the licence; then load a new bundle.",
  },
  license_other_deployment: {
    status: 400,
    title: 'Licence for another deployment',
    sentence: 'Send the deployment id to the vendor and load the bundle made for it.',
  },
  origin_not_licensed: {
    status: 400,
    title: 'Origin not licensed',
    sentence: "Use an origin of this deployment's licence, or ask the vendor to add this one.",
  },

  // Statements and their approvals (SPEC §3, §4, §5).
  statement_malformed: { status: 400, title: 'Malformed statement', sentence: ask },
  statement_misplaced: {
    status: 403,
    title: 'Statement in the wrong place',
    sentence: 'Ask the vendor to publish it again.',
  },
  statement_too_long_valid: {
    status: 403,
    title: 'Valid for longer than allowed',
    sentence: 'The vendor must approve it again, for a shorter time.',
  },
  statement_from_future: {
    status: 403,
    title: 'Statement from the future',
    sentence: 'It was issued after the bundle was signed: the vendor must issue it again.',
  },
  approval_malformed: {
    status: 403,
    title: 'Malformed approval',
    sentence: 'The vendor must approve it again.',
  },
  approval_unknown_approver: {
    status: 403,
    title: 'Approved by nobody on the roster',
    sentence: 'Somebody on the roster must approve it again.',
  },
  approval_retired: {
    status: 403,
    title: 'Approved only by people who left',
    sentence: 'An active approver must approve it again.',
  },
  approval_inclusion: {
    status: 403,
    title: 'Not part of what was approved',
    sentence: 'The vendor must approve this very statement.',
  },
  approval_authenticator_data: {
    status: 403,
    title: 'Approval made in the wrong way',
    sentence: 'Approve on the approving page, with an approval passkey, and verify yourself.',
  },
  approval_client_data: {
    status: 403,
    title: 'Approval of something else',
    sentence: 'Approve this very statement, on the approving page.',
  },
  approval_signature: {
    status: 403,
    title: 'Approval signature invalid',
    sentence: 'The vendor must approve it again.',
  },
  approvals_missing: {
    status: 403,
    title: 'Not approved by enough people',
    sentence: 'More approvers must approve it; then load a new bundle.',
  },
  key_in_two_apps: {
    status: 403,
    title: 'One key under two apps',
    sentence: 'The vendor must revoke one of the two.',
  },
  revoked: {
    status: 403,
    title: 'Revoked',
    sentence: 'Update the app, or ask its maker: the vendor has withdrawn its approval.',
  },

  // Freshness and clock (SPEC §8).
  no_bundle: {
    status: 503,
    title: 'No bundle loaded',
    sentence: 'Send the deployment id to the vendor and load the bundle made for it.',
  },
  allowlist_expired: {
    status: 503,
    title: 'Allowlist expired',
    sentence: 'Load a new bundle: the one in use is past its grace period.',
  },
  clock_behind: {
    status: 503,
    title: 'Clock is behind',
    sentence: "Set this machine's clock: the bundle was signed later than the time that it shows.",
  },
  license_expired: {
    status: 503,
    title: 'Licence not in force',
    sentence: 'Ask the vendor for a licence that is in force today, and load the bundle with it.',
  },

  // The caller's app (SPEC §4.4, §10.6).
  app_not_approved: {
    status: 403,
    title: 'App not approved',
    sentence:
      'Its key belongs to no build that is approved here: use an approved build, or load the bundle that approves this one.',
  },
  not_licensed_here: {
    status: 403,
    title: 'App not licensed here',
    sentence:
      "Ask the vendor to license this app's maker, or this app, for this customer; then load the new bundle.",
  },
  not_yet_valid: {
    status: 403,
    title: 'Not yet valid',
    sentence: 'The approval begins later: wait until then, or set the clock if it is wrong.',
  },
  entry_expired: {
    status: 403,
    title: 'Approval has ended',
    sentence:
      'Update the app: the approval of this build has ended. If it was renewed, load the newest bundle.',
  },
  capability_missing: {
    status: 403,
    title: 'Capability not approved',
    sentence: "Ask the app's maker to submit it with that capability.",
  },

  // The request proof (SPEC §10).
  proof_missing: {
    status: 401,
    title: 'Request not signed',
    sentence: 'Sign the request as Accept-Signature says; the sdk does it for you.',
  },
  proof_repeated: {
    status: 401,
    title: 'More than one proof',
    sentence: 'Send exactly one signature with the tag app-attestation.',
  },
  proof_malformed: {
    status: 401,
    title: 'Malformed proof',
    sentence: 'Write Signature-Input and Signature as RFC 9421 and SPEC §10 describe them.',
  },
  proof_coverage: {
    status: 401,
    title: 'Proof covers too little',
    sentence: 'Cover every component that SPEC §10.2 names for this request, without parameters.',
  },
  header_malformed: {
    status: 400,
    title: 'Malformed header field',
    sentence: 'Send names that are tokens, and values of visible characters, spaces and tabs.',
  },
  method_malformed: {
    status: 400,
    title: 'Malformed method',
    sentence: 'Send a method of letters, digits and hyphens.',
  },
  framing_ambiguous: {
    status: 400,
    title: 'Ambiguous message framing',
    sentence: 'Send either Content-Length, of digits only, or Transfer-Encoding.',
  },
  body_incomplete: {
    status: 400,
    title: 'Body incomplete',
    sentence: 'Send exactly as many bytes as Content-Length says.',
  },
  header_repeated: {
    status: 400,
    title: 'Header field repeated',
    sentence: 'Send each covered header field, and Authorization, once.',
  },
  method_override: {
    status: 400,
    title: 'Method override',
    sentence: 'Send the request with the method that is meant.',
  },
  target_malformed: {
    status: 400,
    title: 'Malformed request target',
    sentence: 'Send an origin-form target without dot segments, //, #, backslashes or control characters.',
  },
  wrong_deployment: {
    status: 401,
    title: 'Signed for another deployment',
    sentence: 'Sign with the deployment id of this server; if it has changed, somebody has to confirm it.',
  },
  proof_stale: {
    status: 401,
    title: 'Proof too old',
    sentence: 'Set the clock, or sign again with the server time or the challenge given here.',
  },
  proof_from_future: {
    status: 401,
    title: 'Proof from the future',
    sentence: 'Set the clock, or sign again with the server time or the challenge given here.',
  },
  proof_before_start: {
    status: 401,
    title: 'Signed before the server started',
    sentence: 'Sign the request again, created later than createdAfter.',
  },
  replayed: {
    status: 401,
    title: 'Replayed',
    sentence: 'Sign every request anew, with a nonce of its own.',
  },
  replay_table_full: {
    status: 503,
    title: 'Too many requests at once',
    sentence:
      'Try again in a minute. If it lasts, something floods the server with signed requests: stop it, or add nodes.',
  },
  replay_store_unavailable: {
    status: 503,
    title: 'The store of used proofs cannot tell',
    sentence: 'Try again in a minute; the log of the server says what is wrong.',
  },
  too_many_forgeries: {
    status: 429,
    title: 'Too many forged proofs',
    sentence: 'Wait as long as Retry-After says, and sign with the key that is approved.',
  },
  digest_mismatch: {
    status: 401,
    title: 'Content differs from its digest',
    sentence: 'Compute the digest over exactly the bytes that are sent; nothing in between may change them.',
  },
  signature_invalid: {
    status: 401,
    title: 'Signature invalid',
    sentence:
      'Compare your signature base with the one given here, line by line; a proxy that rewrites path, query or host makes another.',
  },

  // The attestation, where an installed copy signs with a key of its own (SPEC §10.11).
  attestation_malformed: {
    status: 401,
    title: 'Malformed attestation',
    sentence: 'Send an attestation as SPEC §10.11 describes it; the sdk issues such.',
  },
  attestation_other_key: {
    status: 401,
    title: 'Attestation for another key',
    sentence: 'Sign the request with the key that is attested.',
  },
  attestation_other_deployment: {
    status: 401,
    title: 'Attestation for another deployment',
    sentence: "Fetch one for this deployment from the app maker's server.",
  },
  attestation_expired: {
    status: 401,
    title: 'Attestation expired',
    sentence: "Fetch a fresh attestation from the app maker's server.",
  },
  attestation_from_future: {
    status: 401,
    title: 'Attestation from the future',
    sentence: "Set the clock of the app maker's server, or that of this machine.",
  },
  attestation_too_long: {
    status: 401,
    title: 'Attestation valid for too long',
    sentence: "The app maker's server must issue attestations for a shorter time.",
  },
  attestation_issuer: {
    status: 403,
    title: 'Issuer may not attest',
    sentence: 'Attest with a key that is approved for nothing else.',
  },
  attestation_other_build: {
    status: 403,
    title: 'Attestation names another build',
    sentence: 'Name the partner, app and build for which its issuer is approved.',
  },
  attestation_key_listed: {
    status: 403,
    title: 'Attested key is listed itself',
    sentence: 'Make a key of its own for every installed copy.',
  },
  attestation_invalid: {
    status: 401,
    title: 'Attestation signature invalid',
    sentence: 'Fetch a new attestation; it must be signed by the key that its header names.',
  },

  // The adapters.
  body_timeout: {
    status: 408,
    title: 'Body too slow',
    sentence: 'Send the body without long pauses, over a better connection.',
  },
  protocol_unsupported: {
    status: 505,
    title: 'Protocol not supported',
    sentence: 'Speak HTTP/1.1 to this server: what stands in front of it may speak anything else.',
  },
  session_other_app: {
    status: 403,
    title: 'Session of another app',
    sentence: 'Sign in again, with the app that sends the request.',
  },
  not_protected: {
    status: 500,
    title: 'Route not protected',
    sentence: 'Put protect() before every route that demands a capability.',
  },

  // The sidecar.
  body_unchecked: {
    status: 403,
    title: 'Body that nobody checks',
    sentence: 'Have the proxy send requests with bodies through the reverse-proxy mode, or pass the body on.',
  },
  identity_header_forged: {
    status: 400,
    title: 'Identity header from outside',
    sentence: 'Leave these header fields to the sidecar, which alone may set them.',
  },
  forwarding_malformed: {
    status: 400,
    title: 'Unclear question of the proxy',
    sentence: 'Configure the proxy as the proxy-config command prints it.',
  },
  upstream_unavailable: {
    status: 502,
    title: 'Server not available',
    sentence: 'Start the server behind the sidecar, or correct --upstream.',
  },
} as const satisfies Record<string, Reason>;

/** One of the closed list of reason codes. */
export type ReasonCode = keyof typeof reasons;

/** Every reason code, in the order of the list. */
export const reasonCodes = Object.keys(reasons) as readonly ReasonCode[];
