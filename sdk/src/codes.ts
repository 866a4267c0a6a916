/**
 * Every way in which the sdk itself says no: the closed list of its codes, each with what a person can do about it.
 * None of them is a reason of the verifier: those arrive inside `refused_by_server`, as `error.refusal.code`.
 */
export const sdkCodes = {
  attestation_unusable: "Give what your server's issueAttestation returned: a compact JWS.",
  body_is_a_stream:
    'Read the stream first and give its bytes: a digest must be signed before the first byte is sent.',
  body_over_limit:
    'Send less in one request, or raise maxBodyBytes; the sdk holds a body in memory to digest it.',
  deployment_changed:
    'Somebody has to find out why this server calls itself another deployment. Configure the new id only if it was meant to change.',
  deployment_unknown: 'Configure the deployment id: this server did not say which deployment it is.',
  key_exists: 'Choose another place for the new key: the sdk never overwrites one.',
  key_missing:
    'Hand the app its key, or make one with generateKey and submit its public part with the build.',
  key_unusable: 'Use a P-256 private key as a JWK, readable by this app and not by everybody.',
  option_invalid: 'Correct the option that the message names.',
  redirected: 'Call the address itself to which the server redirects: a proof holds for one address only.',
  refused_by_server: 'See refusal.code; docs/codes has a page for each.',
  request_unsignable: 'Change what the message names: HTTP message signatures cannot cover it.',
  store_failed: 'Make the folder or database of the store usable for this app.',
  target_elsewhere: 'Use this client for the configured origin only, and plain fetch for everything else.',
  webcrypto_missing: 'Serve the page over https or from localhost: elsewhere browsers offer no WebCrypto.',
} as const;

/** One of the closed list of codes of the sdk. */
export type SdkCode = keyof typeof sdkCodes;
