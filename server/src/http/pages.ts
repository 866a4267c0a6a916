import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import { send } from '@koa/send';
import type { Middleware, ParameterizedContext } from 'koa';

import { Problem } from '../problem.ts';

/** Assets carry a digest in their name, so that they may be kept for ever. */
const YEAR = 31_536_000_000;

/**
 * Serves built pages from `folder`: its files, and `index` for every other path (the pages have addresses of their
 * own). With `only`, nothing but these paths below the folder is served as files.
 */
export function pages(folder: string, index: string): Middleware {
  return async (http) => {
    if (http.method !== 'GET' && http.method !== 'HEAD') {
      throw new Problem('method_not_allowed', 'Pages can only be read.');
    }
    if (http.path.startsWith('/.well-known/')) throw new Problem('not_found', 'There is no such file.');
    if (http.path.startsWith('/assets/')) return sendFile(http, folder, http.path, YEAR);
    if (/\.[a-z0-9]{1,12}$/i.test(http.path) && !http.path.endsWith('.html'))
      return sendFile(http, folder, http.path, 0);
    return sendFile(http, folder, `/${index}`, 0);
  };
}

async function sendFile(
  http: ParameterizedContext,
  folder: string,
  path: string,
  maxAge: number,
): Promise<void> {
  try {
    await send(http, path, { root: folder, maxAge, immutable: maxAge > 0, brotli: false, gzip: false });
  } catch (error) {
    const status = (error as { status?: unknown }).status;
    if (status === 404 && !(await exists(join(folder, 'index.html')))) {
      throw new Problem('not_ready', 'The pages have not been built: run npm run build, then start again.');
    }
    if (status === 404) throw new Problem('not_found', 'There is no such file.');
    if (status === 400 || status === 403)
      throw new Problem('path_malformed', 'This is not the path of a file.');
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
