// How the self-test recognises what stands before a handler. A mark admits nobody and is read by nothing that admits: who forges one
// deceives his own report.

/** What a function of ours does for the handlers behind it. */
export type Mark =
  | { readonly kind: 'protect'; readonly exempt: readonly string[] }
  | { readonly kind: 'capability'; readonly capability: string };

/** Of the registry of symbols, because one process may hold this package twice: as a module, and as CommonJS. */
const key = Symbol.for('appwarrant.mark');

/** Marks a middleware, a hook or a wrapped handler, and gives it back. */
export function marked<F extends object>(what: F, mark: Mark): F {
  return Object.defineProperty(what, key, { value: Object.freeze(mark) });
}

/** What a function of a host does for the handlers behind it, as far as it is ours. */
export function markOf(what: unknown): Mark | undefined {
  if (typeof what !== 'function') return undefined;
  const mark: unknown = Reflect.get(what, key);
  return isMark(mark) ? mark : undefined;
}

function isMark(value: unknown): value is Mark {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  if (value.kind === 'capability') return 'capability' in value && typeof value.capability === 'string';
  return value.kind === 'protect' && 'exempt' in value && Array.isArray(value.exempt);
}
