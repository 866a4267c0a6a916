import type { ArtifactKind, Finding } from '../../api-types.ts';

/** What a file says of itself. Nothing here is believed: it is shown to those who review. */
export interface Inspection {
  readonly kind: ArtifactKind;
  readonly name: string | null;
  readonly version: string | null;
  readonly findings: readonly Finding[];
}
