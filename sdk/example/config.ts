import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** What the app has to know about the customer it runs at. */
export interface Config {
  /** Where the customer's server is: `https://host[:port]`. */
  readonly server: string;
  /** The customer's deployment id; null pins the one that the server names first. */
  readonly deployment: string | null;
  readonly keyFile: string;
  readonly pinFile: string;
  /** The user's own token, which stays what it is: AppWarrant says which app, the token says which user. */
  readonly token: string | null;
}

/**
 * Reads `orders.json` (or the file that ORDERS_CONFIG names), and lets ORDERS_SERVER, ORDERS_DEPLOYMENT, ORDERS_KEY_FILE,
 * ORDERS_PIN_FILE and ORDERS_TOKEN overrule it. Paths in the file are relative to the file. Throws Error.
 */
export async function readConfig(env: Readonly<Record<string, string | undefined>>): Promise<Config> {
  const path = resolve(env.ORDERS_CONFIG ?? 'orders.json');
  const members = await readMembers(path, env.ORDERS_CONFIG !== undefined);
  const setting = (name: string, variable: string): string | null => {
    const value = env[variable] ?? members.get(name);
    if (value !== undefined && typeof value !== 'string') throw new Error(`${path}: ${name} must be a text.`);
    return value === undefined || value === '' ? null : value;
  };
  const file = (name: string, variable: string, otherwise: string): string =>
    env[variable] ? resolve(env[variable]) : resolve(dirname(path), setting(name, variable) ?? otherwise);
  return {
    server: setting('server', 'ORDERS_SERVER') ?? 'http://localhost:8700',
    deployment: setting('deployment', 'ORDERS_DEPLOYMENT'),
    keyFile: file('keyFile', 'ORDERS_KEY_FILE', 'orders-key.json'),
    pinFile: file('pinFile', 'ORDERS_PIN_FILE', 'orders-deployments.json'),
    token: setting('token', 'ORDERS_TOKEN'),
  };
}

async function readMembers(path: string, mustExist: boolean): Promise<ReadonlyMap<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (!mustExist) return new Map();
    throw new Error(`The configuration ${path} cannot be read.`, { cause: error });
  }
  try {
    return new Map(Object.entries(JSON.parse(text) as object));
  } catch (error) {
    throw new Error(`The configuration ${path} is not JSON.`, { cause: error });
  }
}
