import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate and its key, as files in PEM form. */
export type CertifiedKey = { readonly cert: string; readonly key: string };

/** An authority of its own, made by the real openssl. */
export function makeAuthority(folder: string, name: string): Authority {
  const ca = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const keyed = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...keyed, '-keyout', ca.key, '-out', ca.cert, '-subj', `/CN=${name}`, '-days', '2');
  return {
    ca: ca.cert,
    issue(subject, names) {
      const base = join(folder, `${name}-${subject}`);
      const [key, request, cert, extensions] = ['key', 'csr', 'pem', 'ext'].map(
        (end) => `${base}.${end}`,
      ) as [string, string, string, string];
      openssl('req', '-new', ...keyed, '-keyout', key, '-out', request, '-subj', `/CN=${subject}`);
      writeFileSync(extensions, `subjectAltName=${names}\n`);
      const by = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial'];
      openssl('x509', '-req', '-in', request, ...by, '-out', cert, '-days', '2', '-extfile', extensions);
      return { cert, key };
    },
  };
}

export type Authority = {
  /** Its own certificate. */
  readonly ca: string;
  /** A certificate for names such as `IP:127.0.0.1`. */
  readonly issue: (subject: string, names: string) => CertifiedKey;
};

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
