import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFile, createFolder } from './durable-file.ts';
import { KeysError } from './keys-error.ts';
import { openPrivateKey, privateKeyPem } from './pkcs8.ts';
import { issueVendorCertificates, signDetached } from './vendor-certificate.ts';

/** What signs delivery notes. */
export interface DeliveryNoteSigner {
  /** The vendor's signing root as PEM: what `openssl cms -verify -CAfile` is given. */
  readonly root: string;
  /** The `.p7s` (DER) for the file with this SHA-256 digest; `now` in seconds. Throws KeysError `digest_malformed`. */
  sign(digest: Uint8Array, now: number): Buffer;
}

/**
 * Makes the folder with the vendor's signing root and signing certificate, whole or not at all: `root.pem`,
 * `root-key.pem`, `signing.pem`, `signing-key.pem`. The keys are encrypted unless the passphrase is null, which is for
 * development only. `now` in seconds. Throws KeysError `file_exists`, `passphrase_too_short`, `file_not_written`.
 */
export async function createVendorCertificateFolder(
  folder: string,
  options: { readonly vendor: string; readonly now: number; readonly passphrase: string | null },
): Promise<void> {
  await createFolder(folder, async (draft) => {
    const { root, signing } = await issueVendorCertificates(options.vendor, options.now);
    for (const [name, { certificate, key }] of Object.entries({ root, signing })) {
      createFile(join(draft, `${name}.pem`), Buffer.from(certificate), 0o644);
      createFile(join(draft, `${name}-key.pem`), Buffer.from(privateKeyPem(key, options.passphrase)), 0o600);
    }
  });
}

/**
 * Opens that folder for signing; the root's private key is not touched, and may be kept elsewhere. Throws KeysError
 * `key_file_unreadable`, `key_file_malformed`, `passphrase_missing`, `passphrase_wrong`, `certificate_malformed`.
 */
export function openVendorCertificateFolder(folder: string, passphrase: string | null): DeliveryNoteSigner {
  const root = read(join(folder, 'root.pem'));
  const certificate = read(join(folder, 'signing.pem'));
  const keyPath = join(folder, 'signing-key.pem');
  const signer = { certificate, key: openPrivateKey(read(keyPath), passphrase, keyPath) };
  signDetached(signer, new Uint8Array(32), 0); // Signs once, so that a key that does not fit is found at the start.
  return { root, sign: (digest, now) => signDetached(signer, digest, now) };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new KeysError('key_file_unreadable', `${path} could not be read.`, { cause: error });
  }
}
