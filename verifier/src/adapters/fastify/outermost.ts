import { hooksOf, isEncapsulated } from './internals.ts';

/**
 * Throws where hooks that are added to this instance now would leave some handler of the server before or beside them: a mistake that
 * nobody would notice, so the server does not start. `TypeError`: an instance of a Fastify that is not known here, too.
 */
export function requireOutermost(instance: object): void {
  const hooks = hooksOf(instance, 'onRequest');
  const encapsulated = isEncapsulated(instance);
  if (hooks === undefined || encapsulated === undefined)
    throw new TypeError('protect() does not know this version of Fastify: it was tested with Fastify 5.');
  if (encapsulated) {
    throw new TypeError(
      'protect() was registered in an encapsulated plugin, and would leave what stands outside of it unprotected: register it on the root instance.',
    );
  }
  if (hooks.length > 0) {
    const names = hooks.map((hook) => (hook.name === '' ? 'a function without a name' : hook.name));
    throw new TypeError(
      `protect() was registered after an onRequest hook, which would run before it (${names.join(', ')}): register it first.`,
    );
  }
}
