import { randomBytes } from 'node:crypto';
import { startClock } from '../src/clock.ts';
import { createChecker, type CheckerOptions } from '../src/http/check.ts';
import { createReplayTable } from '../src/http/replay.ts';
import type { RequestToCheck } from '../src/http/request-head.ts';
import { attest } from '../test/http/attest.ts';
import { attesting } from '../test/http/attested-site.ts';
import { makeKey, signRequest, type ToSign } from '../test/http/sign.ts';
import { openedAt, tellStory } from '../test/compose/story.ts';
import { addEntry, approve, entryCustom, makeAppKey } from '../test/compose/vendor.ts';

/** A customer's server as it stands: a bundle opened by the verifier, the machine's clock, a replay table of the usual size. */
export function makeSite(options: Pick<CheckerOptions, 'askStore'> = {}) {
  const seconds = (): number => Math.floor(Date.now() / 1000);
  const story = tellStory({ now: seconds() });
  const { vendor, key, deployment, origin } = story;
  const issuer = makeAppKey();
  const custom = entryCustom(vendor, issuer, {
    app: { id: 'field-notes', name: 'Field Notes' },
    identities: [attesting(issuer)],
  });
  approve(vendor, [addEntry(vendor, custom)]);
  const { allowlist } = openedAt(story);
  const clock = startClock();
  const checker = createChecker({
    allowlist: () => allowlist,
    origin,
    deployment,
    now: clock.now,
    startedAt: null,
    replay: createReplayTable(randomBytes(32)),
    randomKey: randomBytes(32),
    ...options,
  });
  const sign = (to: Partial<ToSign> = {}): RequestToCheck =>
    received(signRequest({ key, origin, deployment, created: seconds(), ...to }));

  const copy = makeKey();
  const attestation = attest({
    issuer,
    copy,
    partner: custom.partner.id,
    app: custom.app.id,
    build: custom.build.id,
    deployment,
    issued: seconds(),
    lifetime: 3600,
  });
  /** Signed by a copy of an app, with an attestation that is the same each time. */
  const signAttested = (to: Partial<ToSign> = {}): RequestToCheck =>
    sign({
      ...to,
      key: copy,
      headers: [...(to.headers ?? []), ['OAuth-Client-Attestation', attestation]],
    });
  return { origin, deployment, key, checker, sign, signAttested };
}

/** A request with texts of its own, as a server reads them from a socket: put together from pieces, they would be joined while they are checked. */
function received(request: RequestToCheck): RequestToCheck {
  const read = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
  const headers = request.headers.map(([name, value]): [string, string] => [read(name), read(value)]);
  return { ...request, method: read(request.method), target: read(request.target), headers };
}
