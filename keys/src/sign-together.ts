import { canonical, inGroups, sha256Hex } from '@appwarrant/verifier/formats';
import { draftsOf, requireTimely } from './act.ts';
import { describeRoot, describeTargets, keyFingerprint } from './changes.ts';
import type { Line } from './changes.ts';
import { readRoot, versionOf } from './compose-root.ts';
import { readTargets } from './compose-targets.ts';
import { confirmAll } from './confirm.ts';
import type { Desk } from './desk.ts';
import { keyFileIsEncrypted, openKeyFile } from './file-signer.ts';
import { readInput } from './desk.ts';
import { passphraseFor } from './passphrase.ts';
import { addSignature, tally } from './pending.ts';
import type { Pending } from './pending.ts';
import type { Repository } from './repository.ts';
import { requestDigest } from './request.ts';

/** Who signs here, and what they heard. */
export type SigningOptions = {
  readonly keys: readonly string[];
  readonly passphraseFiles: readonly string[];
  /** Fingerprints that were confirmed aloud; null: ask at the terminal. */
  readonly heard: readonly string[] | null;
};

/**
 * Shows what an act makes, has it confirmed, and signs with each key file. With `joining`, somebody elsewhere began this
 * act: then the digests of the documents are confirmed, too. Without a key file it only shows.
 *
 * Throws what confirmAll, openKeyFile and addSignature throw, and KeysError `clock_wrong`, `expiry_invalid`.
 */
export async function signTogether(
  pending: Pending,
  repository: Repository | null,
  options: SigningOptions & { readonly joining: boolean },
  desk: Desk,
): Promise<Pending> {
  requireTimely(pending.act, desk.now);
  const lines = describeAct(pending, repository, options.joining);
  for (const { fingerprint, text } of lines) {
    desk.say(text);
    if (fingerprint !== null) desk.say(`    ${fingerprint}`);
  }
  if (options.keys.length === 0) return pending;

  await confirmAll(lines, options.heard, desk.terminal);
  desk.say('');
  desk.say('Confirmed: every fingerprint that stands alone on a line above.');
  let signed = pending;
  for (const [index, path] of options.keys.entries()) {
    const passphrase = keyFileIsEncrypted(path)
      ? await passphraseFor(path, index, options.passphraseFiles, desk.terminal)
      : null;
    const signer = openKeyFile(path, passphrase);
    signed = await addSignature(signed, repository, signer);
    const name = pending.act.holders.get(signer.keyId);
    desk.say(`Signed${name === undefined ? '' : ` by ${name}`} with key ${keyFingerprint(signer.keyId)}`);
  }
  return signed;
}

/** Says how far each document is. Throws what tally throws. */
export function sayTally(pending: Pending, repository: Repository | null, desk: Desk): boolean {
  const counts = tally(pending, repository);
  for (const { signed, threshold, what } of counts) {
    desk.say(`${what}: ${signed} of ${threshold} signatures${signed >= threshold ? ', complete' : ''}`);
  }
  return counts.every(({ signed, threshold }) => signed >= threshold);
}

/** The fingerprints that were given on the command line and in files; null where none were. */
export function heardFrom(confirm: readonly string[], files: readonly string[]): readonly string[] | null {
  if (confirm.length === 0 && files.length === 0) return null;
  const texts = files.map((path) => new TextDecoder().decode(readInput(path, 1 << 20)));
  const listed = texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return [...confirm, ...listed];
}

function describeAct({ act }: Pending, repository: Repository | null, joining: boolean): readonly Line[] {
  const drafts = draftsOf(act, repository);
  const lines: Line[] = [{ text: titleOf(act.kind), fingerprint: null }];
  if (act.kind !== 'rotate-root') {
    lines.push({
      text: `The request, made ${act.request.made}`,
      fingerprint: inGroups(requestDigest(act.request)),
    });
  }
  if (repository !== null)
    lines.push({ text: `Registry ${inGroups(repository.registry)}`, fingerprint: null });
  const root = drafts.root === null ? null : readRoot(drafts.root);
  if (root !== null) lines.push(...describeRoot(repository?.root ?? null, root, act.holders));
  if (drafts.targets !== null) {
    const environment = root?.environment ?? repository?.root.environment ?? 'production';
    lines.push(...describeTargets(repository?.targets ?? null, readTargets(drafts.targets, environment)));
  }
  for (const [role, signed] of Object.entries(drafts)) {
    if (signed === null) continue;
    const text = `What is signed: ${role} version ${versionOf(signed)}`;
    const digest = inGroups(sha256Hex(canonical(signed)));
    // The first who signs settles the dates, and with them this digest; it is read out to all who join.
    lines.push(
      joining ? { text, fingerprint: digest } : { text: `${text}, SHA-256 ${digest}`, fingerprint: null },
    );
  }
  return lines;
}

function titleOf(kind: Pending['act']['kind']): string {
  switch (kind) {
    case 'create':
      return 'A new registry is created.';
    case 'request':
      return 'A request of the portal is answered.';
    case 'rotate-root':
      return 'The root is rotated.';
  }
}
