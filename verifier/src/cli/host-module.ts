import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Unreadable } from './read-file.ts';

// The one place of this package that loads code by a name that it is given: the host's own server, by the command that its operator types,
// to look at its routes. Nothing that checks requests reaches it.

/** Imports a module of the host. Throws `Unreadable`, with what the module threw. */
export async function loadHostModule(path: string): Promise<object> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as object;
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new Unreadable(`${path.slice(0, 200)} cannot be imported: ${why}`);
  }
}

/** The app that a module exports; a Fastify instance has loaded its plugins. Undefined where there is no such export. */
export async function appIn(module: object, name: string | null): Promise<unknown> {
  const names = name === null ? ['default', 'app', 'server'] : [name];
  const found = names.find((each) => Object.hasOwn(module, each));
  if (found === undefined) return name === null ? module : undefined;
  const app: unknown = await Reflect.get(module, found);
  if (typeof app === 'object' && app !== null && 'printRoutes' in app && 'ready' in app) {
    const { ready } = app;
    if (typeof ready === 'function') await Reflect.apply(ready, app, []);
  }
  return app;
}
