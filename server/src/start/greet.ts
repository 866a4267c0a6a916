import type { Context } from '../context.ts';
import { invite } from '../people/invite.ts';
import { hasPeople } from '../people/has-people.ts';

/** What the start prints; for a portal without people, the one-time link with which the first admin enrols. */
export async function greet(context: Context): Promise<string> {
  const { config, repository } = context;
  const lines = [
    '',
    `  AppWarrant portal of ${repository.vendor.name}: ${config.origin}`,
    `  Data: ${config.dataDir}`,
  ];
  if (repository.environment === 'development') {
    lines.push(
      '  DEVELOPMENT KEYS: they lie unprotected in the data folder, and admit on this machine only.',
    );
  }
  if (!(await hasPeople(context.db))) {
    const { link } = await invite(
      context,
      { kind: 'admin', name: 'First admin' },
      { actor: null, now: context.now() },
    );
    lines.push('', '  Nobody is enrolled yet. Open this link once, and become the first admin:', `  ${link}`);
  }
  lines.push('', '  Ctrl-C stops the portal.', '', '');
  return lines.join('\n');
}
