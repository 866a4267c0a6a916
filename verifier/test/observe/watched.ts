import { openVerifierFor, type Verifier, type VerifierOptions } from '../../src/open-verifier.ts';
import type { Verdict } from '../../src/verdict.ts';
import { anchorOf } from '../compose/vendor.ts';
import { makeSite, nextBundle, type Site } from '../state/site.ts';

/** A site that has loaded its first bundle, and all that its verifier has told. */
export type Watched = {
  readonly site: Site;
  readonly verifier: Verifier;
  readonly told: Verdict[];
  readonly lines: string[];
};

/** Opens a site's verifier with a hook: the given one, or one that writes down. */
export function watch(given: { site?: Site; onVerdict?: VerifierOptions['onVerdict'] } = {}): Watched {
  const { site = makeSite() } = given;
  const told: Verdict[] = [];
  const lines: string[] = [];
  const { vendor, folder, origin } = site;
  const verifier = openVerifierFor(anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) }), {
    stateDir: folder,
    origin,
    log: (line) => void lines.push(line),
    onVerdict: given.onVerdict ?? ((verdict) => void told.push(verdict)),
  });
  verifier.load(nextBundle(site));
  return { site, verifier, told, lines };
}
