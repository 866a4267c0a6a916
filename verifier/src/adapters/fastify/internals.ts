// What is read of Fastify beyond its documented interface, in one place. Its symbols are not registered, but described; whatever does not
// look as it did in the tested versions is `undefined`, and who asked says that he cannot see.

export type Hook = (...given: never[]) => unknown;

/** The hooks of an instance, in the order in which they run; those of routes themselves not among them. */
export function hooksOf(instance: object, name: string): readonly Hook[] | undefined {
  const hooks = own(instance, 'fastify.hooks');
  if (typeof hooks !== 'object' || hooks === null) return undefined;
  const list: unknown = Reflect.get(hooks, name);
  return Array.isArray(list) && list.every((each) => typeof each === 'function') ? list : undefined;
}

/** The encapsulated plugins directly below an instance. */
export function childrenOf(instance: object): readonly object[] | undefined {
  const list = own(instance, 'fastify.children');
  if (!Array.isArray(list) || !list.every((each) => typeof each === 'object' && each !== null))
    return undefined;
  return list as readonly object[];
}

/** Whether an instance is that of an encapsulated plugin; they have the outer one as their prototype. */
export function isEncapsulated(instance: object): boolean | undefined {
  if (childrenOf(instance) === undefined) return undefined;
  const outer: unknown = Object.getPrototypeOf(instance);
  return typeof outer === 'object' && outer !== null && childrenOf(outer) !== undefined;
}

/** What an instance itself has under the symbol of this description. */
export function own(instance: object, description: string): unknown {
  const symbol = Object.getOwnPropertySymbols(instance).find((each) => each.description === description);
  return symbol === undefined ? undefined : Reflect.get(instance, symbol);
}
