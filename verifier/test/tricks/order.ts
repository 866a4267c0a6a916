import type { RawHeaders } from '../../src/http/header-fields.ts';

/** A request on its way to another process; its body in base64. */
export type SentRequest = {
  readonly method: string;
  readonly target: string;
  readonly headers: RawHeaders;
  readonly body: string | null;
};

/** What a test has the server's process do. */
export type Order =
  | { readonly kind: 'open' | 'status' | 'close' | 'content' | 'fill' | 'empty' | 'end' }
  | { readonly kind: 'load'; readonly file: string }
  | { readonly kind: 'check'; readonly request: SentRequest }
  /** Serves on a free port of the loopback, behind `protect`; gives the port. */
  | { readonly kind: 'serve' }
  /** Judges a head, digests so many mebibytes as its body, piece by piece, and finishes. */
  | { readonly kind: 'stream'; readonly request: SentRequest; readonly mebibytes: number }
  /** The most memory that the process has ever had, in bytes. */
  | { readonly kind: 'memory' }
  | { readonly kind: 'remount'; readonly as: 'ro' | 'rw' }
  /** These two are for the preload. Seconds. */
  | { readonly kind: 'clock'; readonly shift: number }
  | { readonly kind: 'disk'; readonly is: 'well' | 'full' | 'read-only' };
