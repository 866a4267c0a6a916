import type { Anchor } from '../../anchor.ts';
import type { Clock } from '../../clock.ts';
import type { Sight } from '../../look-at-state.ts';
import type { ReasonCode } from '../../reasons.ts';
import type { Refused } from '../../refused.ts';

/** Whether anything of a file was verified: with the installed anchor, refused by it, or only read. */
export type Proved =
  | { readonly kind: 'verified'; readonly how: string }
  | { readonly kind: 'refused'; readonly how: string; readonly code: ReasonCode }
  | { readonly kind: 'read'; readonly how: string };

/** What a file is and says. `facts` are in the order in which people read them; a list is shown line by line. */
export type Inspected = {
  /** A closed list, for programs. */
  readonly kind:
    | 'bundle'
    | 'metadata'
    | 'anchor'
    | 'floor'
    | 'receipt'
    | 'attestation'
    | 'refusal'
    | 'replay'
    | 'request'
    | 'privateKey';
  readonly title: string;
  readonly facts: Readonly<Record<string, string | readonly string[]>>;
  readonly proved: Proved;
};

/** What can be verified with: the installed anchor and what is loaded here, as far as there is any. */
export type Means = {
  readonly anchor: Anchor | Refused;
  readonly sight: Sight | Refused;
  readonly origin: string | null;
  readonly clock: Clock;
};

/** How many items of a list are shown. */
const shown = 20;

/** The first items of a list, and how many more there are. */
export function firstOf<T>(items: readonly T[], word: (item: T) => string): readonly string[] {
  const more = items.length - shown;
  return [...items.slice(0, shown).map(word), ...(more > 0 ? [`and ${String(more)} more`] : [])];
}
