import { createSignature, verifySignature } from 'http-message-sig';
import { sign, verify } from 'node:crypto';
import type { Library, Message } from './library.ts';

const algorithm = 'ecdsa-p256-sha256';

/** `http-message-sig` on npm, by Cloudflare. It brings no P-256 of its own: that is Node's, as its documentation suggests. */
export const httpMessageSig: Library = {
  name: 'http-message-sig',

  async sign({ message, cover, parameters, privateKey }) {
    const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const { signatureInput, signature } = await createSignature(descriptor(message), {
      label: 'app',
      components: cover,
      parameters,
      signer: { algorithm, sign: (base) => sign('sha256', base, key) },
    });
    return { input: signatureInput, signature };
  },

  async verify(message, { keyid, publicKey }) {
    const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    const verified = await verifySignature(descriptor(message), {
      label: 'app',
      policy: {
        algorithms: [algorithm],
        requiredComponents: ['@method', '@target-uri', 'appwarrant-deployment'],
        requiredParameters: ['created', 'nonce', 'keyid', 'tag'],
        maxAge: 60,
        clockSkew: 30,
      },
      resolveVerifier: (candidate) => {
        if (candidate.parameters.keyid !== keyid) throw new Error('another key');
        return { algorithm, verify: (base, signature) => verify('sha256', base, key, signature) };
      },
    });
    return verified.parameters.tag === 'app-attestation';
  },
};

function descriptor({ method, uri, headers }: Message) {
  return {
    kind: 'request',
    method,
    targetUri: uri,
    fields: headers.map(([name, value]) => ({ name, value })),
  } as const;
}
