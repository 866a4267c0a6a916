import { readObject, readText } from './read.ts';
import { WillNotSign } from './will-not-sign.ts';

/** What this page serves, from the file that lies beside it: one portal, one registry. Nothing else is believed. */
export interface Configuration {
  readonly portalOrigin: string;
  /** The registry id: 64 hexadecimal digits. */
  readonly registry: string;
  readonly environment: 'production' | 'development';
  /** The RP ID of approval passkeys: this page's own host. */
  readonly rpId: string;
  readonly vendor: string;
}

/** Fetches `configuration.json`. Throws WillNotSign `not_configured`. */
export async function fetchConfiguration(): Promise<Configuration> {
  try {
    const response = await fetch('configuration.json', { cache: 'no-store', credentials: 'omit' });
    return parseConfiguration(await response.json());
  } catch (cause) {
    throw new WillNotSign(
      'not_configured',
      'This page has no readable configuration.json beside it, so it does not know for which registry it may sign.',
      { cause },
    );
  }
}

/** Throws WillNotSign `malformed`. */
function parseConfiguration(value: unknown): Configuration {
  const file = readObject(value, 'configuration.json', [
    'portalOrigin',
    'registry',
    'environment',
    'rpId',
    'vendor',
  ]);
  const environment = readText(file.get('environment'), 'environment');
  if (environment !== 'production' && environment !== 'development') {
    throw new WillNotSign('malformed', 'configuration.json: environment is production or development.');
  }
  const portalOrigin = readText(file.get('portalOrigin'), 'portalOrigin');
  if (!URL.canParse(portalOrigin) || new URL(portalOrigin).origin !== portalOrigin) {
    throw new WillNotSign('malformed', 'configuration.json: portalOrigin is not an origin.');
  }
  return {
    portalOrigin,
    registry: readText(file.get('registry'), 'registry', /^[0-9a-f]{64}$/),
    environment,
    rpId: readText(file.get('rpId'), 'rpId'),
    vendor: readText(file.get('vendor'), 'vendor'),
  };
}
