export { createAppWarrant, type AppWarrant, type AppWarrantOptions } from './create-app-warrant.ts';
export { generateKey, importKey, exportKey, type AppKey } from './app-key.ts';
export { keyProof } from './key-proof.ts';
export { memoryKeyStore, type KeyStore } from './key-store.ts';
export { memoryPins, type DeploymentPins } from './deployment-pins.ts';
export { indexedDbKeyStore, indexedDbPins } from './indexed-db.ts';
export { SdkError } from './sdk-error.ts';
export { sdkCodes, type SdkCode } from './codes.ts';
export type { Refusal } from './refusal.ts';
