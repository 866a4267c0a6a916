// What the sdk bundles into pages: the formats that need nothing of Node.

export { canonical } from './canonical.ts';
export { toBase64url } from './base64url.ts';
export { appSlugPattern, buildIdPattern, partnerIdPattern, thumbprintPattern } from './ids.ts';
export { signatureBase, type Component } from './http/signature-base.ts';
export {
  serializeDictionary,
  serializeInnerList,
  type BareItem,
  type InnerList,
} from './http/structured-fields.ts';
export type { EcJwk } from './jwk.ts';
