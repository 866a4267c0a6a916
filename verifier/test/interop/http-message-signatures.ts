import { createSigner, createVerifier, httpbis } from 'http-message-signatures';
import type { Library, Message } from './library.ts';

const alg = 'ecdsa-p256-sha256';

/** `http-message-signatures` on npm, by Daniel Hensby and others. */
export const httpMessageSignatures: Library = {
  name: 'http-message-signatures',

  async sign({ message, cover, parameters, privateKey }) {
    const { created, expires, ...texts } = parameters;
    const signed = await httpbis.signMessage(
      {
        key: createSigner(privateKey, alg, parameters.keyid),
        name: 'app',
        fields: [...cover],
        // All that the profile knows; by default the library would write `alg` and `expires`, and neither nonce nor tag.
        params: ['created', 'nonce', 'keyid', 'tag', 'expires', 'alg'].filter((name) => name in parameters),
        paramValues: {
          created: new Date(created * 1000),
          ...(expires !== undefined && { expires: new Date(expires * 1000) }),
          ...texts,
        },
      },
      plain(message),
    );
    return {
      input: String(signed.headers['Signature-Input']),
      signature: String(signed.headers['Signature']),
    };
  },

  async verify(message, { keyid, publicKey }) {
    const verified = await httpbis.verifyMessage(
      {
        // The library asks for a key for each signature on the message, and passes over those for which there is none.
        keyLookup: (parameters) =>
          Promise.resolve(
            parameters.tag === 'app-attestation' && parameters.keyid === keyid
              ? { verify: createVerifier(publicKey, alg) }
              : null,
          ),
        requiredParams: ['created', 'nonce', 'keyid', 'tag'],
        requiredFields: ['@method', '@target-uri', 'appwarrant-deployment'],
        tolerance: 30,
      },
      plain(message),
    );
    return verified === true;
  },
};

/** The target URI stays a text: of a `URL` the library would sign the spelling that the URL standard makes of it. */
function plain({ method, uri, headers }: Message) {
  const fields: Record<string, string[]> = {};
  for (const [name, value] of headers) (fields[name] ??= []).push(value);
  return { method, url: uri, headers: fields };
}
