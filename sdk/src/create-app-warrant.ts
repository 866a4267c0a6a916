import type { AppKey } from './app-key.ts';
import { memoryPins, type DeploymentPins } from './deployment-pins.ts';
import { isDeploymentId, learnDeployment } from './learn-deployment.ts';
import { keepAttestations, type AttestationSource } from './kept-attestations.ts';
import type { KeyStore } from './key-store.ts';
import { prepareRequest } from './prepare-request.ts';
import { SdkError } from './sdk-error.ts';
import { sendSigned, type Clock } from './send-signed.ts';

export interface AppWarrantOptions {
  /** Where the app's key is. It is loaded at the first request, once. */
  readonly keyStore: KeyStore;
  /** The customer's deployment id. Without it, each origin's is pinned when the origin is first used. */
  readonly deployment?: string;
  /** Where pins are kept; by default only until the process ends. Not used when `deployment` is given. */
  readonly pins?: DeploymentPins;
  /** The only origin to send to, as `https://host[:port]`; relative addresses are resolved against it. */
  readonly origin?: string;
  /**
   * For copies of an app whose keys no approval lists: where attestations come from (SPEC §10.11). It is asked when there is none for
   * the deployment, a minute before the end of the one there is, and after a refusal that is about it.
   */
  readonly attestation?: AttestationSource;
  /** The largest body, which is held in memory to digest it; 16 MiB by default. */
  readonly maxBodyBytes?: number;
  /** What sends; the platform's `fetch` by default. For proxies and dispatchers. */
  readonly fetch?: typeof fetch;
}

export interface AppWarrant {
  /**
   * As the platform's `fetch`, for signed requests. Differences: a refusal by the server's verifier throws `SdkError`
   * instead of being an answer; streams are not accepted as bodies; redirects are never followed (`redirected` unless
   * `redirect: 'manual'`); credentials are omitted by default. Throws `SdkError`, and what the platform's `fetch` throws.
   */
  readonly fetch: typeof fetch;
}

/**
 * A client that signs each request of an approved app (SPEC §10). Nothing is read or sent before the first request.
 * Throws `option_invalid`.
 */
export function createAppWarrant(options: AppWarrantOptions): AppWarrant {
  const { keyStore, deployment, maxBodyBytes = 16 * 1024 * 1024 } = options;
  const pins = options.pins ?? memoryPins();
  const base = options.origin === undefined ? undefined : originOf(options.origin);
  if (deployment !== undefined && !isDeploymentId(deployment)) {
    throw new SdkError('option_invalid', 'deployment is not a deployment id: 43 characters of base64url.');
  }
  // Taken at each request, so that a page or a test that replaces the platform's fetch is respected.
  const send: typeof fetch = (input, init) => (options.fetch ?? globalThis.fetch)(input, init);
  const clock: Clock = {
    now: () => Math.floor(Date.now() / 1000),
    offsets: new Map(),
    earliest: new Map(),
  };

  let key: Promise<AppKey> | null = null;
  const attestations =
    options.attestation === undefined ? null : keepAttestations(options.attestation, clock.now);
  const learning = new Map<string, Promise<string>>();

  const loadedKey = (): Promise<AppKey> => {
    key ??= keyFrom(keyStore);
    // A failure is not kept: the key file may be there at the next request.
    key.catch(() => (key = null));
    return key;
  };

  const deploymentOf = async (url: URL): Promise<string> => {
    if (deployment !== undefined) return deployment;
    const pinned = await pins.read(url.origin);
    if (pinned !== null) return pinned;
    let answer = learning.get(url.origin);
    if (answer === undefined) {
      answer = learnDeployment(url, pins, send).finally(() => learning.delete(url.origin));
      learning.set(url.origin, answer);
    }
    return answer;
  };

  return {
    async fetch(input, init) {
      const request = await prepareRequest(input, init, { base, maxBodyBytes });
      if (base !== undefined && request.url.origin !== base) {
        throw new SdkError('target_elsewhere', `${request.url.origin} is not ${base}.`);
      }
      const [signer, at] = [await loadedKey(), await deploymentOf(request.url)];
      const attestation = (await attestations?.current(at, signer.publicKeyJwk)) ?? null;
      try {
        return await sendSigned(request, { key: signer, deployment: at, attestation }, send, clock);
      } catch (error) {
        // What was refused is not sent again: the next request brings a fresh one.
        if (error instanceof SdkError && error.refusal?.code.startsWith('attestation_') === true)
          attestations?.drop(at);
        throw error;
      }
    },
  };
}

async function keyFrom(store: KeyStore): Promise<AppKey> {
  const key = await store.load();
  if (key === null) throw new SdkError('key_missing', 'The key store holds no key.');
  return key;
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.origin !== text) {
    throw new SdkError(
      'option_invalid',
      'origin is not scheme://host[:port] in lower case without path or default port.',
    );
  }
  return url.origin;
}
