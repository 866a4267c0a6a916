// What the portal, the keys and the sdk need of the signed formats. The verifier's own entry is index.ts.

export * from './reasons.ts';
export * from './refused.ts';
export * from './json.ts';
export * from './strict-json.ts';
export * from './canonical.ts';
export * from './base64url.ts';
export * from './digest.ts';
export * from './ids.ts';
export * from './label.ts';
export * from './time.ts';
export * from './origin.ts';
export * from './jwk.ts';
export * from './fingerprint.ts';
export * from './merkle.ts';
export * from './challenge.ts';
export * from './statement.ts';
export * from './revocation.ts';
export * from './roster.ts';
export * from './approval.ts';
export * from './anchor.ts';
export * from './allowlist.ts';
export { importEd25519, importP256Pem, importRsaPssPem, isSignatureBy } from './crypto.ts';
export * from './bundle.ts';
export * from './floor.ts';
export * from './signers-memo.ts';
export * from './open-bundle.ts';
export { activate } from './deployment-key.ts';
