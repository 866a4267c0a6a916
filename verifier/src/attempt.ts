import { Refused } from './refused.ts';

/** What `act` gives, or the refusal that it throws. Anything else that is thrown goes on. */
export function attempt<T>(act: () => T): T | Refused {
  try {
    return act();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

/** What `act` gives, or null where it refuses. */
export function nullIfRefused<T>(act: () => T): T | null {
  const outcome = attempt(act);
  return outcome instanceof Refused ? null : outcome;
}
