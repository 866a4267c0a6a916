/**
 * Every way in which this workspace says no. Codes are stable, never reused, and none of them is a reason of the
 * verifier or a problem of the portal.
 */
export const keysCodes = [
  // key files and folders
  'file_exists',
  'key_file_malformed',
  'key_file_open_to_others',
  'key_file_unreadable',
  'key_file_unsupported',
  'key_environment_mixed',
  'key_folder_incomplete',
  'passphrase_missing',
  'passphrase_too_short',
  'passphrase_wrong',
  'file_not_written',
  // what a ceremony reads
  'command_unknown',
  'file_malformed',
  'file_too_large',
  'file_unreadable',
  'request_malformed',
  'request_other_registry',
  'request_other_environment',
  'request_outdated',
  'request_ahead',
  'request_without_effect',
  'pending_malformed',
  'pending_differs',
  'repository_malformed',
  'repository_exists',
  // what a ceremony decides
  'environment_fixed',
  'threshold_invalid',
  'key_repeated',
  'key_not_listed',
  'key_already_signed',
  'origins_fixed',
  'approver_forgotten',
  'approver_compromised',
  'approver_key_moved',
  'revocation_in_future',
  'expiry_invalid',
  'clock_wrong',
  'signatures_missing',
  'confirmation_missing',
  'confirmation_unknown',
  'confirmation_refused',
  'digest_malformed',
  'certificate_malformed',
] as const;

export type KeysCode = (typeof keysCodes)[number];

/**
 * A refusal of this workspace: a code for programs and one sentence for people. Never carries key material or a
 * passphrase, so it may be logged and printed.
 */
export class KeysError extends Error {
  override readonly name = 'KeysError';
  readonly code: KeysCode;

  constructor(code: KeysCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = code;
  }
}
