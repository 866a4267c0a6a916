import type { EntryCustom } from '../custom.ts';

/** A build as people call it. */
export function nameBuild({ app, build, partner }: Pick<EntryCustom, 'app' | 'build' | 'partner'>): string {
  return `${app.name} ${build.version} (${build.platform}) of ${partner.name}`;
}
