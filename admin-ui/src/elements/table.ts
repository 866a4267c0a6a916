import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import type { RowPages } from '../data/row-pages.ts';
import { base } from '../styles/shared.ts';
import { tableStyles } from './table.styles.ts';

/** What one column shows, and how it is called. */
export interface Column<Row> {
  readonly key: string;
  readonly label: string;
  /** CSS width, such as `9rem`; one column is `auto`. */
  readonly width: string;
  readonly sortable?: boolean;
  /** Left out where there is little room; `first` goes before `second`. */
  readonly yields?: 'first' | 'second';
  readonly cell: (row: Row) => unknown;
}

/** What every row has: an id, a name for its checkbox, an address, and whether it may be chosen. */
export interface RowLook<Row> {
  readonly id: (row: Row) => string;
  readonly name: (row: Row) => string;
  readonly href: (row: Row) => string;
  /** The content of the first cell, inside the link. */
  readonly link: (row: Row) => TemplateResult;
  readonly choosable: (row: Row) => boolean;
}

const ROW_HEIGHT = 44;
const MORE = 8;

/**
 * A table of any length: only the rows in view, and a few around them, are in the document.
 * Arrow keys, Page Up/Down, Home and End move between rows; Enter opens one; Space chooses it; Shift extends the choice.
 *
 * @fires sort - detail: the key to sort by, with a minus before it for descending
 * @fires choose - detail: the ids that are chosen now
 * @fires choose-all - everything is to be chosen, also what has not been fetched
 */
@customElement('aw-table')
export class TableElement<Row> extends LitElement {
  @property({ attribute: false }) pages!: RowPages<Row>;
  /** Grows whenever `pages` has changed inside. */
  @property({ attribute: false }) revision = 0;
  @property({ attribute: false }) columns: readonly Column<Row>[] = [];
  @property({ attribute: false }) look!: RowLook<Row>;
  @property() label = '';
  /** The heading of the first column, and its key. */
  @property({ attribute: false }) first: { readonly key: string; readonly label: string } = {
    key: '',
    label: '',
  };
  @property() sort = '';
  @property({ type: Boolean }) choosing = false;
  @property({ attribute: false }) chosen: ReadonlySet<string> = new Set();

  @state() private from = 0;
  @state() private to = 30;
  /** The row that the Tab key reaches. */
  @state() private active = 0;
  @query('.scroll') private scroller!: HTMLElement;
  #anchor = 0;
  #observer = new ResizeObserver(() => this.#measure());

  static override styles = [base, tableStyles];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#observer.observe(this.scroller);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
  }

  protected override firstUpdated(): void {
    this.#observer.observe(this.scroller);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('pages') && this.hasUpdated) {
      this.active = 0;
      this.scroller.scrollTop = 0;
      this.#measure();
    }
    this.pages.want(this.from, this.to);
  }

  override render() {
    const total = this.pages.total ?? 0;
    const to = Math.min(this.to, total);
    const from = Math.min(this.from, to);
    const rows = Array.from({ length: to - from }, (_, i) => from + i);
    return html`
      <div class="scroll" tabindex="-1" @scroll=${this.#measure} @keydown=${this.#key}>
        <table aria-label=${this.label} aria-rowcount=${total + 1}>
          <thead>
            <tr aria-rowindex="1">
              ${this.choosing ? this.#chooseAll(total) : nothing}
              ${this.#heading(this.first.key, this.first.label, true, 'auto')}
              ${this.columns.map((column) => this.#heading(column.key, column.label, column.sortable ?? false, column.width, column.yields))}
            </tr>
          </thead>
          <tbody>
            ${this.#spacer(from)}
            ${repeat(
              rows,
              (index) => index,
              (index) => this.#row(index),
            )}
            ${this.#spacer(total - to)}
          </tbody>
        </table>
      </div>
    `;
  }

  #chooseAll(total: number) {
    const { size } = this.chosen;
    return html`<th scope="col" class="check">
      <input
        type="checkbox"
        aria-label="Choose all"
        .checked=${live(size > 0 && size === total)}
        .indeterminate=${size > 0 && size < total}
        @change=${() => (size > 0 ? this.#tell('choose', new Set()) : this.#tell('choose-all', null))}
      />
    </th>`;
  }

  #heading(key: string, label: string, sortable: boolean, width: string, yields?: 'first' | 'second') {
    const ascending = this.sort === key;
    const descending = this.sort === `-${key}`;
    const order = ascending ? 'ascending' : descending ? 'descending' : nothing;
    const icon = ascending ? 'chevron-up' : descending ? 'chevron-down' : 'chevrons-up-down';
    return html`<th scope="col" class=${yieldClass(yields)} aria-sort=${order} .style=${`width:${width}`}>
      ${
        sortable
          ? html`<button type="button" @click=${() => this.#tell('sort', ascending ? `-${key}` : key)}>
              ${label}<wa-icon name=${icon}></wa-icon>
            </button>`
          : label
      }
    </th>`;
  }

  #spacer(rows: number) {
    if (rows <= 0) return nothing;
    return html`<tr class="spacer" aria-hidden="true">
      <td .style=${`height:${rows * ROW_HEIGHT}px`}></td>
    </tr>`;
  }

  #row(index: number) {
    const row = this.pages.at(index);
    const cells = this.columns.length + (this.choosing ? 1 : 0);
    if (row === undefined) {
      return html`<tr aria-rowindex=${index + 2}>
        <td><span class="bar"></span></td>
        ${Array.from({ length: cells }, () => html`<td><span class="bar"></span></td>`)}
      </tr>`;
    }
    const { look } = this;
    const chosen = this.chosen.has(look.id(row));
    return html`
      <tr aria-rowindex=${index + 2} class=${chosen ? 'chosen' : ''} data-index=${index}>
        ${
          this.choosing
            ? html`<td class="check">
                ${
                  look.choosable(row)
                    ? html`<input
                        type="checkbox"
                        tabindex="-1"
                        aria-label=${`Choose ${look.name(row)}`}
                        .checked=${chosen}
                        @click=${(event: MouseEvent) => this.#choose(index, event.shiftKey)}
                      />`
                    : nothing
                }
              </td>`
            : nothing
        }
        <td>
          <a
            href=${look.href(row)}
            tabindex=${index === this.active ? 0 : -1}
            @focus=${() => (this.active = index)}
            >${look.link(row)}</a
          >
        </td>
        ${this.columns.map((column) => html`<td class=${yieldClass(column.yields)}>${column.cell(row)}</td>`)}
      </tr>
    `;
  }

  #measure = (): void => {
    const top = this.scroller.scrollTop;
    const height = this.scroller.clientHeight || 600;
    this.from = Math.max(0, Math.floor(top / ROW_HEIGHT) - MORE);
    this.to = Math.ceil((top + height) / ROW_HEIGHT) + MORE;
    // A row that leaves the document takes the focus with it: the table keeps it, so that the keys go on working.
    const focused = this.shadowRoot?.activeElement?.closest('tr')?.dataset['index'];
    if (focused !== undefined && (Number(focused) < this.from || Number(focused) >= this.to))
      this.scroller.focus();
  };

  #key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || inHeading(event.target)) return;
    const total = this.pages.total ?? 0;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW_HEIGHT) - 2);
    const steps = new Map([
      ['ArrowDown', this.active + 1],
      ['ArrowUp', this.active - 1],
      ['PageDown', this.active + page],
      ['PageUp', this.active - page],
      ['Home', 0],
      ['End', total - 1],
    ]);
    const target = steps.get(event.key);
    if (target !== undefined && total > 0) {
      event.preventDefault();
      const index = Math.min(Math.max(target, 0), total - 1);
      if (event.shiftKey && this.choosing) this.#extend(index);
      void this.#activate(index);
    } else if (event.key === ' ' && this.choosing) {
      event.preventDefault();
      this.#choose(this.active, event.shiftKey);
    }
  };

  async #activate(index: number): Promise<void> {
    this.active = index;
    const top = index * ROW_HEIGHT;
    const room = this.scroller.clientHeight - 36 - ROW_HEIGHT;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top > this.scroller.scrollTop + room) this.scroller.scrollTop = top - room;
    this.#measure();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`tr[data-index="${index}"] a`)?.focus({ preventScroll: true });
  }

  #choose(index: number, range: boolean): void {
    const row = this.pages.at(index);
    if (row === undefined || !this.look.choosable(row)) return;
    if (range) return this.#extend(index);
    this.#anchor = index;
    const chosen = new Set(this.chosen);
    if (!chosen.delete(this.look.id(row))) chosen.add(this.look.id(row));
    this.#tell('choose', chosen);
  }

  /** Chooses everything between the row that was chosen last and this one. */
  #extend(index: number): void {
    const chosen = new Set(this.chosen);
    for (let at = Math.min(this.#anchor, index); at <= Math.max(this.#anchor, index); at += 1) {
      const row = this.pages.at(at);
      if (row !== undefined && this.look.choosable(row)) chosen.add(this.look.id(row));
    }
    this.#tell('choose', chosen);
  }

  #tell(name: 'sort' | 'choose' | 'choose-all', detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function inHeading(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('thead') !== null;
}

function yieldClass(yields: 'first' | 'second' | undefined): string {
  return yields === undefined ? '' : `yields-${yields}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'aw-table': TableElement<unknown>;
  }
}
