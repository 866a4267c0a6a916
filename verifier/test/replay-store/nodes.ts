import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { openVerifierFor, type Verifier } from '../../src/open-verifier.ts';
import type { ReplayStore } from '../../src/replay-store/replay-store.ts';
import { Refused } from '../../src/refused.ts';
import { anchorOf } from '../compose/vendor.ts';
import { newNonce } from '../http/sign.ts';
import { makeSite, nextBundle, temporaryFolder, type Site } from '../state/site.ts';
import { signNow } from '../tricks/honest.ts';

/** The nodes of one site: each with a state folder of its own, the same deployment key, the same bundle, and a store that they share. */
export function openNodes(stores: readonly ReplayStore[]): {
  readonly site: Site;
  readonly nodes: readonly Verifier[];
  /** What they have logged. */
  readonly lines: readonly string[];
} {
  const lines: string[] = [];
  const site = makeSite();
  const bundle = nextBundle(site);
  const nodes = stores.map((store, i) => {
    const folder = i === 0 ? site.folder : temporaryFolder();
    if (i > 0) copyFileSync(join(site.folder, 'deployment-key.pem'), join(folder, 'deployment-key.pem'));
    const node = openNode({ ...site, folder }, store, lines);
    node.load(bundle);
    return node;
  });
  return { site, nodes, lines };
}

export function openNode(
  { vendor, folder, origin }: Site,
  replayStore: ReplayStore,
  lines: string[] = [],
): Verifier {
  const anchor = anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) });
  const log = (line: string): void => void lines.push(line);
  return openVerifierFor(anchor, { stateDir: folder, origin, log, replayStore });
}

/** What a node says of a request: `app`, or the code with which it refuses. */
export async function ask(node: Verifier, request: RequestToCheck): Promise<string> {
  return (await said(node, request)).code;
}

async function said(node: Verifier, request: RequestToCheck): Promise<{ code: string; challenge?: unknown }> {
  try {
    return { code: (await node.checkAsync(request)).kind };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { code: error.code, challenge: error.members.challenge };
  }
}

/** What an honest app hears, which answers the challenge that it may get. */
export async function serve(site: Site, node: Verifier): Promise<string> {
  const first = await said(node, signNow(site));
  if (first.code !== 'proof_before_start') return first.code;
  return ask(node, signNow(site, { nonce: `${String(first.challenge)}.${newNonce()}` }));
}

/** Presents one request often at each of the nodes, all at once; gives how often it was admitted. */
export async function hammer(
  nodes: readonly Verifier[],
  request: RequestToCheck,
  copies = 4,
): Promise<{ readonly admitted: number; readonly codes: readonly string[] }> {
  const asked = nodes.flatMap((node) => Array.from({ length: copies }, () => ask(node, request)));
  const codes = await Promise.all(asked);
  return { admitted: codes.filter((code) => code === 'app').length, codes };
}
