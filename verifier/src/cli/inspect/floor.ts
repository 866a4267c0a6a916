import { readFloor } from '../../floor.ts';
import { Refused } from '../../refused.ts';
import { timeOf } from '../../time.ts';
import { firstOf, type Inspected, type Means } from './inspected.ts';

/** A floor file. Its check digest shows that it is whole, not who wrote it. Throws `floor_missing` for one that counts as missing. */
export function inspectFloor(bytes: Uint8Array, { anchor }: Means): Inspected {
  const floor = readFloor(bytes);
  if (floor === null)
    throw new Refused(
      'floor_missing',
      'This floor is torn, altered or of another form: it counts as missing.',
    );
  const ours =
    anchor instanceof Refused
      ? 'unknown here'
      : anchor.registry === floor.registry
        ? "the installed package's"
        : "another vendor's";
  return {
    kind: 'floor',
    title: 'A floor: below this, nothing is loaded any more',
    facts: {
      registry: `${floor.registry} (${ours})`,
      since: timeOf(floor.since),
      'signed at': timeOf(floor.signedAt),
      roles: firstOf([...floor.roles.values()], ({ role, version }) => `${role} ${String(version)}`),
      revocations: firstOf(
        [...floor.revocations],
        ([subject, { through }]) => `${subject}, issued until ${through}`,
      ),
    },
    proved: {
      kind: 'read',
      how: 'It is whole. Nobody signs a floor: whoever can write the state folder can have written it.',
    },
  };
}
