import type { Bundle, BundleFile, BundleIndex } from './bundle.ts';
import { Refused } from './refused.ts';

/** A bundle's files, taken one after the other in the order in which they must stand. */
export type BundleFiles = {
  readonly index: BundleIndex;
  readonly has: (name: string) => boolean;
  /** The next file. Throws `bundle_shape` when it is missing, or stands elsewhere. */
  readonly take: (name: string) => BundleFile;
  /** Throws `bundle_shape` when files are left that nothing asked for. */
  readonly end: () => void;
};

/** A bundle's files from the first on. */
export function inOrder({ index, files }: Bundle): BundleFiles {
  let next = 0;
  return {
    index,
    has: (name) => files.has(name),
    take: (name) => {
      const file = files.get(name);
      if (file === undefined) throw new Refused('bundle_shape', `${name} is missing.`);
      const found = index.files[next]?.name;
      if (found !== name)
        throw new Refused('bundle_shape', `${found ?? 'Nothing'} stands where ${name} belongs.`);
      next += 1;
      return file;
    },
    end: () => {
      const extra = index.files[next];
      if (extra !== undefined) throw new Refused('bundle_shape', `${extra.name} does not belong here.`);
    },
  };
}
