import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** What a page is told about its address: the named parts of the path, and the query. */
export interface Place {
  readonly params: ReadonlyMap<string, string>;
  readonly query: URLSearchParams;
}

/** An address of the portal: its pattern, the module that its page needs, and the page. */
export interface Route {
  readonly pattern: URLPattern;
  readonly load: () => Promise<unknown>;
  readonly show: (place: Place) => unknown;
}

/** Goes to an address of the portal. `replace` leaves no entry to come back to. */
export function go(address: string, history: 'push' | 'replace' = 'push'): void {
  navigation.navigate(address, { history });
}

/** Follows the browser's address bar: loads the page of a route, then shows it. A page that cannot be loaded is an error. */
export class Router implements ReactiveController {
  #host: ReactiveControllerHost;
  #routes: readonly Route[];
  #asked = 0;
  page: unknown = null;
  error: unknown = null;

  constructor(host: ReactiveControllerHost, routes: readonly Route[]) {
    this.#host = host;
    this.#routes = routes;
    host.addController(this);
  }

  hostConnected(): void {
    navigation.addEventListener('navigate', this.#follow);
    void this.#open(new URL(location.href));
  }

  hostDisconnected(): void {
    navigation.removeEventListener('navigate', this.#follow);
  }

  #follow = (event: NavigateEvent): void => {
    const url = new URL(event.destination.url);
    const ours =
      event.canIntercept && !event.hashChange && event.downloadRequest === null && event.formData === null;
    if (!ours || url.pathname.startsWith('/api/')) return;
    // The page moves the focus to its heading; the browser would put it on the body.
    event.intercept({ focusReset: 'manual', handler: () => this.#open(url) });
  };

  async #open(url: URL): Promise<void> {
    const asked = ++this.#asked;
    for (const route of this.#routes) {
      const match = route.pattern.exec({ pathname: url.pathname });
      if (match === null) continue;
      try {
        await route.load();
        if (asked !== this.#asked) return;
        const groups = Object.entries(match.pathname.groups).map(
          ([name, value]) => [name, value ?? ''] as const,
        );
        this.page = route.show({ params: new Map(groups), query: url.searchParams });
        this.error = null;
      } catch (error) {
        if (asked !== this.#asked) return;
        this.error = error;
      }
      this.#host.requestUpdate();
      return;
    }
  }
}
