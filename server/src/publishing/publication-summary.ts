import type { Tx } from '../database/database.ts';
import type { Plan } from './plan-publication.ts';
import type { SealedFile } from './seal-publication.ts';
import { countListed } from './store.ts';

/** What is remembered of a publication for people to look at. */
export interface PublicationSummary {
  /** In the allowlist from this publication on. */
  readonly entries: number;
  readonly partners: number;
  readonly customers: number;
  /** Revocations in force. */
  readonly revocations: number;
  readonly files: readonly {
    readonly role: string;
    readonly version: number;
    readonly digest: string;
    readonly length: number;
  }[];
  readonly added: readonly { readonly path: string; readonly title: string }[];
  readonly removed: readonly { readonly path: string; readonly title: string }[];
}

/** Call it once the statements of the publication are marked. */
export async function summarise(
  tx: Tx,
  plan: Plan,
  files: readonly SealedFile[],
): Promise<PublicationSummary> {
  const listed = await countListed(tx);
  return {
    ...listed,
    revocations: plan.revocations,
    files: files.map(({ role, version, member }) => ({
      role,
      version,
      digest: member.digest,
      length: member.length,
    })),
    added: plan.changed.flatMap(({ entering }) => entering.map(({ path, title }) => ({ path, title }))),
    removed: [...plan.leaving, ...plan.leftOut.filter(({ listed: was }) => was)].map(({ path, title }) => ({
      path,
      title,
    })),
  };
}
