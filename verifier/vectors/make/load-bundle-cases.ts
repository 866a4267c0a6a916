import type { JsonObject } from '../../src/json.ts';
import { canonical } from '../../src/canonical.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { assemble, packBundle } from '../../test/compose/pack.ts';
import { approve } from '../../test/compose/vendor.ts';
import { digestOf, idOf, keyOf } from './keys.ts';
import { bare, refusedLoad, whole } from './load-case.ts';
import { packedGzip } from './packed-gzip.ts';
import type { Defect, Made } from './vector-case.ts';
import {
  addBuild,
  addLicense,
  bundleNow,
  customer,
  filesNow,
  pack,
  partner,
  publishNow,
  type World,
} from './world.ts';

// The bundle as a container, and which files it must hold (SPEC §6).

type Files = readonly (readonly [string, Uint8Array])[];
type Index = { readonly customer: string; readonly files: readonly JsonObject[]; readonly registry: string };

/** The parts of a bundle: changed, they are put together again whatever they are. */
function partsOf(bundle: Uint8Array): { readonly index: Index; readonly packed: readonly Uint8Array[] } {
  const length = Buffer.from(bundle).readUInt32BE(20);
  const index = JSON.parse(Buffer.from(bundle.subarray(24, 24 + length)).toString()) as Index;
  let at = 24 + length;
  const packed = index.files.map((file) => bundle.subarray(at, (at += Number(file.packed))));
  return { index, packed };
}

/** The whole bundle's bytes changed. */
function bytes(code: ReasonCode, name: string, about: string, wrong: (right: Buffer) => Uint8Array): Made {
  return refusedLoad(code, name, about, '6', (defect, world) => {
    const right = bundleNow(world);
    return { bundle: defect(right, wrong(Buffer.from(right))) };
  });
}

/** The index changed, and written again; the packed files stay as they are. */
function index(code: ReasonCode, name: string, about: string, wrong: (right: Index) => JsonObject): Made {
  return refusedLoad(code, name, about, '6', (defect, world) => {
    const { index: right, packed } = partsOf(bundleNow(world));
    return { bundle: assemble(canonical(defect(right as JsonObject, wrong(right))), packed) };
  });
}

/** One file packed otherwise; the index tells its new length. */
function repacked(
  code: ReasonCode,
  name: string,
  about: string,
  wrong: (packed: Buffer) => Uint8Array,
): Made {
  return refusedLoad(code, name, about, '6', (defect, world) => {
    const { index: right, packed } = partsOf(bundleNow(world));
    const last = packed.length - 1;
    const other = defect(packed[last] as Uint8Array, wrong(Buffer.from(packed[last] as Uint8Array)));
    const files = right.files.map((file, i) => (i === last ? { ...file, packed: other.length } : file));
    return { bundle: assemble(canonical({ ...right, files }), [...packed.slice(0, last), other]) };
  });
}

/** Other files, packed and indexed as they should be. */
function members(
  name: string,
  about: string,
  wrong: (right: Files, world: World) => Files,
  options = bare,
): Made {
  const make = (defect: Defect, world: World) => {
    const right = filesNow(world);
    return { bundle: pack(world, defect<Files>(right, wrong(right, world))) };
  };
  return refusedLoad('bundle_shape', name, about, '6', make, options);
}

const changeFile = (right: Index, at: number, changes: JsonObject): Index => ({
  ...right,
  files: right.files.map((file, i) => (i === at ? { ...file, ...changes } : file)),
});

export function loadBundleCases(): Made[] {
  return [...containers(), ...shapes(), ...partners(), ...sizes()];
}

function containers(): Made[] {
  return [
    bytes('bundle_malformed', 'empty', 'The bundle is empty.', () => new Uint8Array()),
    bytes('bundle_malformed', 'magic', 'It begins with another version.', (right) =>
      Buffer.concat([Buffer.from('AppWarrant bundle 2\n'), right.subarray(20)]),
    ),
    bytes('bundle_malformed', 'cut-in-file', 'It ends within its last file.', (right) =>
      right.subarray(0, -1),
    ),
    bytes('bundle_malformed', 'byte-follows', 'A byte follows its last file.', (right) =>
      Buffer.concat([right, Buffer.alloc(1)]),
    ),
    bytes(
      'bundle_malformed',
      'index-with-space',
      'The index is not in canonical form: it has a space.',
      (right) => {
        const { index: value, packed } = partsOf(right);
        return assemble(Buffer.from(`${Buffer.from(canonical(value as JsonObject)).toString()} `), packed);
      },
    ),
    bytes(
      'json_malformed',
      'index-cut',
      'The index is not JSON: it is cut short, and its length says so.',
      (right) => {
        const { index: value, packed } = partsOf(right);
        return assemble(canonical(value).subarray(0, -1), packed);
      },
    ),
    index('bundle_malformed', 'file-name', 'A file has a name that is a path.', (right) =>
      changeFile(right, 1, { name: '../timestamp.json' }),
    ),
    index(
      'bundle_malformed',
      'digest-of-other-bytes',
      'The index tells the digest of other bytes.',
      (right) => changeFile(right, 5, { digest: digestOf('x') }),
    ),
    index(
      'bundle_malformed',
      'length-too-short',
      'A file unpacks to a byte more than the index says.',
      (right) => changeFile(right, 5, { length: Number(right.files[5]?.length) - 1 }),
    ),
    repacked('bundle_malformed', 'gzip-checksum', "A file's gzip checksum is wrong.", (packed) =>
      packed.map((byte, i) => (i === packed.length - 5 ? byte ^ 1 : byte)),
    ),
    repacked('bundle_malformed', 'gzip-byte-follows', 'A byte follows the gzip form of a file.', (packed) =>
      Buffer.concat([packed, Buffer.alloc(1)]),
    ),
    repacked(
      'bundle_malformed',
      'raw-deflate',
      'A file is in the raw form of deflate, without the head and the end of gzip.',
      (packed) => packed.subarray(10, -8),
    ),
  ];
}

function shapes(): Made[] {
  const at = (right: Files, name: string): number => right.findIndex(([each]) => each.includes(name));
  const without = (name: string) => (right: Files) => right.filter((_, i) => i !== at(right, name));
  return [
    members('partner-missing', "The partner's role is missing.", without(partner), whole),
    members('customer-missing', "The customer's role is missing.", without(customer)),
    members('swapped', 'Two files stand in each other’s place.', (right) =>
      right.map((file, i) => (i === 4 ? right[5] : i === 5 ? right[4] : file) ?? file),
    ),
    members('file-twice', 'A file stands twice.', (right) => [...right, right[5] as Files[number]]),
    members('further-file', 'A file follows that nothing asks for.', (right) => [
      ...right,
      ['1.more.json', Buffer.from('{}')],
    ]),
    members('version-in-name', "A file's name has another version than the snapshot tells.", (right) =>
      right.map(
        ([name, content]) => [name === '1.registry.json' ? '2.registry.json' : name, content] as const,
      ),
    ),
    refusedLoad(
      'bundle_shape',
      'other-customers-role',
      "Another customer's role stands beside its own.",
      '6',
      (defect, world) => {
        const other = idOf('c', 'other');
        approve(world.vendor, [addLicense(world.vendor, { customer: { id: other, name: 'Other' } })]);
        const { files } = publishNow(world);
        const own = [...files].filter(([name]) => !name.includes(other));
        const theirs = [...files].filter(([name]) => name.includes(other));
        return { bundle: pack(world, defect(sorted(own), [...sorted(own), ...theirs])) };
      },
    ),
  ];
}

function partners(): Made[] {
  const twoPartners = (world: World): string => {
    const other = idOf('p', 'unlicensed');
    addBuild(world.vendor, keyOf('unlicensed'), 'unlicensed', { partner: { id: other, name: 'Unlicensed' } });
    return other;
  };
  return [
    refusedLoad(
      'bundle_shape',
      'partner-unlicensed',
      'A partner’s role is there whom the licence does not name.',
      '6',
      (defect, world) => {
        const other = twoPartners(world);
        return { bundle: bundleNow(world, undefined, defect([partner], [partner, other])) };
      },
      { license: { partners: [partner] } },
    ),
    refusedLoad(
      'bundle_shape',
      'partner-left-out',
      'A partner’s role is left out, where the licence names all.',
      '6',
      (defect, world) => {
        const other = twoPartners(world);
        return { bundle: bundleNow(world, undefined, defect([partner, other], [partner])) };
      },
    ),
    refusedLoad(
      'bundle_shape',
      'overflow-by-number',
      "A partner's further roles are in the order of their numbers: -2 before -10.",
      '6',
      (defect, world) => {
        for (const number of [2, 10])
          addBuild(
            world.vendor,
            keyOf(`overflow ${String(number)}`),
            `overflow ${String(number)}`,
            {},
            { role: `${partner}-${String(number)}` },
          );
        const right = filesNow(world);
        const [tenth, second] = [right.length - 2, right.length - 1];
        const swapped = right.map(
          (file, i) => (i === tenth ? right[second] : i === second ? right[tenth] : file) ?? file,
        );
        return { bundle: pack(world, defect(right, swapped)) };
      },
    ),
    refusedLoad(
      'bundle_shape',
      'overflow-left-out',
      "A partner's second role is left out.",
      '6',
      (defect, world) => {
        addBuild(world.vendor, keyOf('overflow 2'), 'overflow 2', {}, { role: `${partner}-2` });
        const right = filesNow(world);
        return { bundle: pack(world, defect(right, right.slice(0, -1))) };
      },
    ),
  ];
}

function sizes(): Made[] {
  const long = (role: string, limit: number) => (defect: Defect, world: World) => {
    const files = filesNow(world).map(([name, content]): [string, Uint8Array] => {
      if (!name.includes(role)) return [name, content];
      const length = defect(limit, limit + 1);
      return [name, Buffer.concat([content, Buffer.alloc(length - content.length, ' ')])];
    });
    return { bundle: packBundle(customer, world.vendor.registry, files, packedGzip) };
  };
  const spec = ['6', '12'];
  return [
    bytes('too_large', 'index', 'The index says that it is longer than 4 MiB.', (right) => {
      const longer = Buffer.from(right);
      longer.writeUInt32BE(4 * 1024 * 1024 + 1, 20);
      return longer;
    }),
    index('too_large', 'file', 'A file of the index is a byte longer than 64 MiB.', (right) =>
      changeFile(right, 5, { length: 64 * 1024 * 1024 + 1 }),
    ),
    index(
      'too_large',
      'files-together',
      'The files of the index are longer than a gigabyte together.',
      (right) => ({
        ...right,
        files: [
          ...right.files,
          ...Array.from({ length: 16 }, (_, i) => ({
            name: `${String(i)}.more.json`,
            packed: 1,
            length: 64 * 1024 * 1024,
            digest: digestOf('x'),
          })),
        ],
      }),
    ),
    refusedLoad(
      'too_large',
      'timestamp',
      'The timestamp is a byte longer than 64 KiB: white space follows it.',
      spec,
      long('timestamp', 64 * 1024),
    ),
    refusedLoad(
      'too_large',
      'root',
      'The root is a byte longer than 512 KiB: white space follows it.',
      spec,
      long('root', 512 * 1024),
    ),
  ];
}

/** The files of a bundle in their order. */
function sorted(files: Files): Files {
  const rank = (name: string): number =>
    [/root/, /^timestamp/, /snapshot/, /\.targets/, /registry/, /\.c-/, /\.p-/].findIndex((pattern) =>
      pattern.test(name),
    );
  return [...files].sort(([a], [b]) => rank(a) - rank(b));
}
