import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Looks again when the person comes back to this tab: what was approved in another one shows at once. */
export class OnReturn implements ReactiveController {
  #again: () => void;

  constructor(host: ReactiveControllerHost, again: () => void) {
    this.#again = again;
    host.addController(this);
  }

  hostConnected(): void {
    document.addEventListener('visibilitychange', this.#look);
    window.addEventListener('focus', this.#look);
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.#look);
    window.removeEventListener('focus', this.#look);
  }

  #look = (): void => {
    if (document.visibilityState === 'visible') this.#again();
  };
}
