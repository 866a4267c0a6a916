/** Which deployment each origin turned out to be when it was first used. */
export interface DeploymentPins {
  /** The pinned deployment id of an origin, or null. Throws `store_failed`. */
  read(origin: string): Promise<string | null>;
  /** Pins an origin for good. Throws `store_failed`. */
  write(origin: string, deployment: string): Promise<void>;
}

/** Pins that last as long as the process: every start trusts the first answer again. */
export function memoryPins(): DeploymentPins {
  const pins = new Map<string, string>();
  return {
    read: (origin) => Promise.resolve(pins.get(origin) ?? null),
    write(origin, deployment) {
      pins.set(origin, deployment);
      return Promise.resolve();
    },
  };
}
