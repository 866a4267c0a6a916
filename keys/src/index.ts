// What the portal needs of this workspace. The ceremony is a command of its own: ceremony-command.ts.

export * from './keys-error.ts';
export * from './signer.ts';
export * from './file-signer.ts';
export * from './key-place.ts';
export * from './seal.ts';
export * from './sealed-document.ts';
export * from './compose-root.ts';
export * from './compose-targets.ts';
export * from './repository.ts';
export * from './request.ts';
export * from './apply-request.ts';
export * from './create-repository.ts';
export * from './development.ts';
export * from './durable-file.ts';
export * from './online-keys.ts';
export * from './vendor-certificate-files.ts';
