import {
  startAuthentication,
  startRegistration,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';

// Passkeys for signing in. Approval passkeys are others, and belong to the approving page alone.

type Options = Readonly<Record<string, unknown>>;

/** The person, or the device, said no. Nothing has happened. */
class PasskeyDeclined extends Error {
  override readonly name = 'PasskeyDeclined';
}

/** Makes a passkey as the portal's options ask. Throws PasskeyDeclined. */
export async function makePasskey(options: Options): Promise<unknown> {
  // Made by the portal's own library for this one.
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  return declined(() => startRegistration({ optionsJSON }));
}

/** Signs the portal's challenge with a passkey. Throws PasskeyDeclined. */
export async function usePasskey(options: Options): Promise<unknown> {
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  return declined(() => startAuthentication({ optionsJSON }));
}

async function declined(ceremony: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ceremony();
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : '';
    const sentence =
      name === 'InvalidStateError'
        ? 'This device already holds a passkey for this portal.'
        : 'No passkey answered, or it was declined. Nothing has happened; you can try again.';
    throw new PasskeyDeclined(sentence, { cause });
  }
}
