import {
  constants,
  createPrivateKey,
  generateKeyPair,
  privateEncrypt,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import forge from 'node-forge';
import { KeysError } from './keys-error.ts';

/** A certificate and the private key that belongs to it. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: KeyObject;
}

/** The vendor's signing root, and the certificate under it that signs delivery notes. */
export interface VendorCertificates {
  readonly root: CertifiedKey;
  readonly signing: CertifiedKey;
}

const { asn1 } = forge;
const { Class, Type } = asn1;
const ROOT_YEARS = 20;
const SIGNING_YEARS = 10;
const DAY = 86_400;
/** DigestInfo of RFC 8017 §9.2 for SHA-256, up to the digest. */
const DIGEST_INFO_SHA256 = Buffer.from('3031300d060960864801650304020105000420', 'hex');

const generateRsa = promisify(generateKeyPair);

/**
 * Makes an RSA-3072 root and a signing certificate under it. The certificate carries emailProtection beside
 * codeSigning, because `openssl cms -verify` asks for that purpose unless it is told otherwise. `now` in seconds.
 */
export async function issueVendorCertificates(vendor: string, now: number): Promise<VendorCertificates> {
  const rootKeys = await generateRsa('rsa', { modulusLength: 3072 });
  const signingKeys = await generateRsa('rsa', { modulusLength: 3072 });
  const rootName = nameOf(vendor, 'build signing root');

  const root = blankCertificate(rootKeys.publicKey, rootName, rootName, now, ROOT_YEARS);
  root.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  root.sign(signingKeyOf(rootKeys.privateKey), forge.md.sha256.create());

  const signing = blankCertificate(
    signingKeys.publicKey,
    nameOf(vendor, 'build signing'),
    rootName,
    now,
    SIGNING_YEARS,
  );
  signing.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true },
    { name: 'extKeyUsage', codeSigning: true, emailProtection: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: root.generateSubjectKeyIdentifier().getBytes() },
  ]);
  signing.sign(signingKeyOf(rootKeys.privateKey), forge.md.sha256.create());

  return {
    root: { certificate: pemOf(root), key: rootKeys.privateKey },
    signing: { certificate: pemOf(signing), key: signingKeys.privateKey },
  };
}

/**
 * A delivery note: detached CMS SignedData (RFC 5652) in DER over content of which only the SHA-256 digest is known,
 * so that the content can be of any size. It tells outside tools that this vendor handed the file out. It is no
 * approval, and the verifier never reads it. `now` in seconds. Throws KeysError `digest_malformed`, or
 * `certificate_malformed` where key and certificate do not belong together.
 */
export function signDetached(signer: CertifiedKey, digest: Uint8Array, now: number): Buffer {
  if (digest.length !== 32) throw new KeysError('digest_malformed', 'A SHA-256 digest has 32 bytes.');
  const { node: certificate, issuer, serial } = partsOf(signer);

  // DER wants a SET OF sorted by encoding; these three are, because each is longer than the one before.
  const attributes = [
    attribute(forge.pki.oids['contentType'], oid(forge.pki.oids['data'])),
    attribute(forge.pki.oids['signingTime'], utcTime(now)),
    attribute(forge.pki.oids['messageDigest'], leaf(Type.OCTETSTRING, digest)),
  ];
  // RFC 5652 §5.4: what is signed is the encoding as a SET, not the implicit [0] that stands in the message.
  const signature = sign('sha256', derOf(branch(Type.SET, attributes)), signer.key);

  const sha256 = algorithm(forge.pki.oids['sha256']);
  const signerInfo = branch(Type.SEQUENCE, [
    small(1),
    branch(Type.SEQUENCE, [issuer, serial]),
    sha256,
    tagged(0, attributes),
    algorithm(forge.pki.oids['rsaEncryption']),
    leaf(Type.OCTETSTRING, signature),
  ]);
  const signedData = branch(Type.SEQUENCE, [
    small(1),
    branch(Type.SET, [sha256]),
    branch(Type.SEQUENCE, [oid(forge.pki.oids['data'])]),
    tagged(0, [certificate]),
    branch(Type.SET, [signerInfo]),
  ]);
  return derOf(branch(Type.SEQUENCE, [oid(forge.pki.oids['signedData']), tagged(0, [signedData])]));
}

type Node = forge.asn1.Asn1;

function partsOf(signer: CertifiedKey): { node: Node; issuer: Node; serial: Node } {
  let raw: Buffer;
  try {
    const parsed = new X509Certificate(signer.certificate);
    if (!parsed.checkPrivateKey(createPrivateKey(signer.key.export({ type: 'pkcs8', format: 'pem' }))))
      throw new Error();
    raw = parsed.raw;
  } catch {
    throw new KeysError(
      'certificate_malformed',
      'The signing certificate cannot be read, or its key is another.',
    );
  }
  const node = asn1.fromDer(raw.toString('binary'));
  const tbs = childrenOf(node)[0];
  const [, serial, , issuer] = tbs === undefined ? [] : childrenOf(tbs);
  if (serial === undefined || issuer === undefined) {
    throw new KeysError('certificate_malformed', 'The signing certificate cannot be read.');
  }
  return { node, issuer, serial };
}

function blankCertificate(
  publicKey: KeyObject,
  subject: forge.pki.CertificateField[],
  issuer: forge.pki.CertificateField[],
  now: number,
  years: number,
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(
    publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  );
  // Positive and of full length: the leading byte is 01 to 7f.
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  certificate.serialNumber = serial.toString('hex');
  // A day early: the clock of the machine that checks a delivery note may be behind ours.
  certificate.validity.notBefore = new Date((now - DAY) * 1000);
  certificate.validity.notAfter = new Date((now + years * 365 * DAY) * 1000);
  certificate.setSubject(subject);
  certificate.setIssuer(issuer);
  return certificate;
}

/** X.509 allows 64 characters in each of these fields (RFC 5280, appendix A.1). */
function nameOf(vendor: string, role: string): forge.pki.CertificateField[] {
  const organization = Array.from(vendor).slice(0, 64).join('');
  return [
    // forge asks here for a type of string, which its declarations call a class.
    { name: 'organizationName', value: organization, valueTagClass: Type.UTF8 as number },
    { name: 'commonName', value: role },
  ];
}

/** node-forge asks a key for one thing, `sign(digest)`; this one lets node:crypto do it, so the key never enters forge. */
function signingKeyOf(key: KeyObject): forge.pki.rsa.PrivateKey {
  const shim = {
    sign(md: forge.md.MessageDigest): string {
      const digest = Buffer.from(md.digest().getBytes(), 'binary');
      const block = Buffer.concat([DIGEST_INFO_SHA256, digest]);
      return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, block).toString('binary');
    },
  };
  // The declared type lists the numbers of an RSA key; forge's own `Certificate.sign` reads none of them.
  return shim as unknown as forge.pki.rsa.PrivateKey;
}

function pemOf(certificate: forge.pki.Certificate): string {
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

function derOf(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'binary');
}

function childrenOf(node: Node): readonly Node[] {
  return Array.isArray(node.value) ? node.value : [];
}

function branch(type: forge.asn1.Type, children: Node[]): Node {
  return asn1.create(Class.UNIVERSAL, type, true, children);
}

function tagged(tag: number, children: Node[]): Node {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, true, children);
}

function leaf(type: forge.asn1.Type, bytes: Uint8Array): Node {
  return asn1.create(Class.UNIVERSAL, type, false, Buffer.from(bytes).toString('binary'));
}

function small(value: number): Node {
  return leaf(Type.INTEGER, Uint8Array.of(value));
}

function oid(dotted: string | undefined): Node {
  return asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(dotted ?? '').getBytes());
}

function algorithm(dotted: string | undefined): Node {
  return branch(Type.SEQUENCE, [oid(dotted), leaf(Type.NULL, new Uint8Array())]);
}

function attribute(type: string | undefined, value: Node): Node {
  return branch(Type.SEQUENCE, [oid(type), branch(Type.SET, [value])]);
}

/** RFC 5652 §11.3: UTCTime through 2049. */
function utcTime(now: number): Node {
  return asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(new Date(now * 1000)));
}
