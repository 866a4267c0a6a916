import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Says that somebody has come back from the approving page. */
export function sayReturned(): void {
  document.dispatchEvent(new Event('appwarrant-returned'));
}

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
    document.addEventListener('appwarrant-returned', this.#look);
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.#look);
    window.removeEventListener('focus', this.#look);
    document.removeEventListener('appwarrant-returned', this.#look);
  }

  #look = (): void => {
    if (document.visibilityState === 'visible') this.#again();
  };
}
