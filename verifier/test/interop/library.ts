import type { KeyObject } from 'node:crypto';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { headerOf, signRequest, withHeader, type ToSign } from '../http/sign.ts';

/** A request as libraries of RFC 9421 see it: with its whole target URI, and nothing of a body. */
export type Message = {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
};

export type ToSignAnew = {
  readonly message: Message;
  readonly cover: readonly string[];
  /** Created and expires in seconds. */
  readonly parameters: {
    readonly created: number;
    readonly nonce: string;
    readonly keyid: string;
    readonly tag: string;
    readonly expires?: number;
    readonly alg?: 'ecdsa-p256-sha256';
  };
  readonly privateKey: KeyObject;
};

/** What both libraries do, each in its own way; the rest of the verifier's tests know of neither. */
export type Library = {
  readonly name: string;
  /** The values of Signature-Input and Signature. */
  readonly sign: (to: ToSignAnew) => Promise<{ readonly input: string; readonly signature: string }>;
  /** Whether the proof with our tag is by this key, over what the library reads in the message. Throws what the library throws. */
  readonly verify: (message: Message, key: { keyid: string; publicKey: KeyObject }) => Promise<boolean>;
};

export function messageOf(request: RequestToCheck, origin: string): Message {
  return { method: request.method, uri: origin + request.target, headers: request.headers };
}

/** A request that is whole but for its signature, which the library makes: digests are not these libraries' affair. */
export async function signWith(
  library: Library,
  to: ToSign,
  parameters: Partial<ToSignAnew['parameters']> = {},
): Promise<RequestToCheck> {
  const ours = signRequest(to);
  const cover = /\(([^)]*)\)/.exec(headerOf(ours, 'Signature-Input'))?.[1]?.match(/[^" ]+/g) ?? [];
  const bare = withHeader(withHeader(ours, 'Signature-Input', undefined), 'Signature', undefined);
  const nonce = /nonce="([^"]+)"/.exec(headerOf(ours, 'Signature-Input'))?.[1] ?? '';
  const { input, signature } = await library.sign({
    message: messageOf(bare, to.origin),
    cover,
    parameters: {
      created: to.created,
      nonce,
      keyid: to.key.thumbprint,
      tag: 'app-attestation',
      ...parameters,
    },
    privateKey: to.key.privateKey,
  });
  return withHeader(withHeader(bare, 'Signature-Input', input), 'Signature', signature);
}
