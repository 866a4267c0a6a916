/** One page of a long list, and how long the list is. */
interface RowPage<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

/** Fetches `limit` rows from `offset`. */
export type FetchRows<Row> = (offset: number, limit: number, signal: AbortSignal) => Promise<RowPage<Row>>;

/** A long list that lies on the server, fetched page by page as rows of it are wanted. */
export class RowPages<Row> {
  readonly #fetch: FetchRows<Row>;
  readonly #size: number;
  readonly #changed: () => void;
  readonly #pages = new Map<number, readonly Row[]>();
  readonly #asked = new Set<number>();
  readonly #abort = new AbortController();
  /** Null until the first page has come. */
  total: number | null = null;
  error: unknown = null;

  constructor(fetch: FetchRows<Row>, changed: () => void, size = 100) {
    this.#fetch = fetch;
    this.#changed = changed;
    this.#size = size;
  }

  /** The row, if it has been fetched. */
  at(index: number): Row | undefined {
    return this.#pages.get(Math.floor(index / this.#size))?.[index % this.#size];
  }

  /** Sees to it that these rows come: `to` is not included. */
  want(from: number, to: number): void {
    const last = Math.max(0, Math.ceil(to / this.#size) - 1);
    for (let page = Math.floor(from / this.#size); page <= last; page += 1) {
      if (!this.#asked.has(page)) void this.#load(page);
    }
  }

  /** Every row that is here. */
  *known(): Iterable<Row> {
    for (const rows of this.#pages.values()) yield* rows;
  }

  /** No more answers are wanted. */
  close(): void {
    this.#abort.abort();
  }

  async #load(page: number): Promise<void> {
    this.#asked.add(page);
    try {
      const { rows, total } = await this.#fetch(page * this.#size, this.#size, this.#abort.signal);
      this.#pages.set(page, rows);
      this.total = total;
      this.error = null;
    } catch (error) {
      this.#asked.delete(page);
      this.error = error;
    }
    if (!this.#abort.signal.aborted) this.#changed();
  }
}
