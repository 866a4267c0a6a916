import { base64url, z } from '../http/fields.ts';

// What browsers send: PublicKeyCredential.toJSON() (WebAuthn Level 3 §5.1). Members that are not read may be there.

const transports = z.array(z.string().max(40)).max(10).optional();

/** The answer of navigator.credentials.create(). */
export const registrationInput = z.looseObject({
  id: base64url(1400),
  rawId: base64url(1400),
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}),
  response: z.looseObject({
    clientDataJSON: base64url(8192),
    attestationObject: base64url(65_536),
    transports,
  }),
});
export type RegistrationInput = z.infer<typeof registrationInput>;

/** The answer of navigator.credentials.get(). */
export const assertionInput = z.looseObject({
  id: base64url(1400),
  rawId: base64url(1400),
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}),
  response: z.looseObject({
    clientDataJSON: base64url(8192),
    authenticatorData: base64url(8192),
    signature: base64url(8192),
    userHandle: base64url(200).optional(),
  }),
});
export type AssertionInput = z.infer<typeof assertionInput>;
