/** What every adapter's `protect` may be told. Each of them narrows, or names what is the server's own to decide. */
export type ProtectOptions = {
  /** Paths that need no proof, such as `/healthz`: compared with the raw path, whole and exact. No capability is had there. */
  readonly exempt?: readonly string[];
  /** The longest body that is read whole before the handler runs, in bytes: 16 MiB, or less. It is held in memory until it is checked. */
  readonly maxBodyBytes?: number;
  /**
   * Paths whose handlers read the body themselves, of any length, while it is being checked: exact, or `/uploads/*` for what is below.
   * They run once the head has passed; the end of the body reaches them only when it is the one that was signed.
   */
  readonly streaming?: readonly string[];
  /** How long a body that is read whole may be silent, in seconds: 30, or less. All of it has ten times as long. */
  readonly bodySilence?: number;
  /** Origins whose pages may call this API from browsers (CORS). None by default. */
  readonly browserOrigins?: readonly string[];
  /** Whether answers say in `AppWarrant-Verdict` how the request was judged: for debugging, off by default. */
  readonly verdictHeader?: boolean;
};

/** The options, read once. */
export type Policy = {
  readonly isExempt: (path: string) => boolean;
  readonly isStreamed: (path: string) => boolean;
  readonly maxBodyBytes: number;
  /** In milliseconds. */
  readonly bodySilence: number;
  readonly origins: ReadonlySet<string>;
  readonly verdictHeader: boolean;
};

/** SPEC §12: the longest body that is held in memory. Options narrow, and never widen. */
const mostOfBody = 16 * 1024 * 1024;
const longestSilence = 30;

/** Throws `RangeError` for a number out of its range, `TypeError` for lists that are none and for patterns that are none. */
export function readOptions(options: ProtectOptions): Policy {
  const { maxBodyBytes = mostOfBody, bodySilence = longestSilence, verdictHeader } = options;
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0 || maxBodyBytes > mostOfBody)
    throw new RangeError(`maxBodyBytes is 0 to ${String(mostOfBody)}, and not ${String(maxBodyBytes)}.`);
  if (typeof bodySilence !== 'number' || !(bodySilence > 0 && bodySilence <= longestSilence))
    throw new RangeError(`bodySilence is above 0 and at most 30, and not ${String(bodySilence)}.`);
  const exempt = setOf('exempt', options.exempt);
  const streamed = setOf('streaming', options.streaming);
  for (const pattern of streamed) {
    if (!streamedPattern.test(pattern))
      throw new TypeError(`streaming has paths, and ${JSON.stringify(pattern)} is none.`);
  }
  const below = [...streamed].filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1));
  return {
    isExempt: (path) => exempt.has(path),
    isStreamed: (path) => streamed.has(path) || below.some((start) => path.startsWith(start)),
    maxBodyBytes,
    bodySilence: bodySilence * 1000,
    origins: setOf('browserOrigins', options.browserOrigins),
    verdictHeader: verdictHeader === true,
  };
}

/** A star stands for all below a folder, and nowhere else. */
const streamedPattern = /^\/[^*]*(?:(?<=\/)\*)?$/;

/** A text is a list of characters to JavaScript: each would be an exempt path of its own. */
function setOf(name: string, list: readonly string[] = []): ReadonlySet<string> {
  if (!Array.isArray(list)) throw new TypeError(`${name} is a list.`);
  for (const each of list) if (typeof each !== 'string') throw new TypeError(`${name} is a list of texts.`);
  return new Set(list);
}
