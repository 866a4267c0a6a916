import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSoftwarePasskey } from '../../demo/software-passkey.ts';

const rpId = 'approve.localhost';
const origin = 'http://approve.localhost:8600';
const challenge = () => randomBytes(32).toString('base64url');

async function registered() {
  const passkey = createSoftwarePasskey(rpId);
  const expectedChallenge = challenge();
  const { registrationInfo } = await verifyRegistrationResponse({
    response: passkey.register({ challenge: expectedChallenge, origin, userHandle: 'dQ' }),
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: [-7],
  });
  if (registrationInfo === undefined) throw new Error('The registration was not accepted.');
  return { passkey, credential: registrationInfo.credential };
}

test('its registration passes an independent check, with user verification', async () => {
  const { passkey, credential } = await registered();
  expect(credential.id).toBe(passkey.id);
});

test('its assertion passes an independent check and has exactly 37 bytes of authenticator data', async () => {
  const { passkey, credential } = await registered();
  const expectedChallenge = challenge();
  const response = passkey.assert({ challenge: expectedChallenge, origin });
  const { verified } = await verifyAuthenticationResponse({
    response,
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: true,
    credential,
  });
  expect(verified).toBe(true);
  expect(Buffer.from(response.response.authenticatorData, 'base64url')).toHaveLength(37);
  expect(response.response.userHandle).toBe('dQ');
});

test('an assertion for another relying party does not pass', async () => {
  const { credential } = await registered();
  const stranger = createSoftwarePasskey('localhost');
  const expectedChallenge = challenge();
  await expect(
    verifyAuthenticationResponse({
      response: {
        ...stranger.assert({ challenge: expectedChallenge, origin }),
        id: credential.id,
        rawId: credential.id,
      },
      expectedChallenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      credential,
    }),
  ).rejects.toThrow(/RP ID/u);
});
