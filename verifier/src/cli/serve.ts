import { readServeOptions } from '../sidecar/serve-options.ts';
import { serve as serveNow } from '../sidecar/serve.ts';
import { Unusable } from '../sidecar/unusable.ts';
import type { Command } from './command.ts';
import { fold } from './output.ts';
import { requireOrigin } from './view.ts';

/** Runs the sidecar until it is told to stop. */
export const serve: Command = {
  name: 'serve',
  files: [],
  options: [
    'state',
    'origin',
    'listen',
    'upstream',
    'check',
    'status',
    'redis',
    'redis-password-file',
    'redis-ca',
    'redis-cert',
    'redis-key',
    'exempt',
    'browser-origin',
    'body-silence',
    'upstream-silence',
    'drain',
    'log',
  ],
  needs: ['origin', 'listen'],
  about: 'checks requests for a server in any language, behind or beside a proxy',
  help: [
    'Without --upstream, a proxy asks at /check/nginx, /check/caddy, /check/traefik or /check/envoy about each request, and passes it on itself; ?require=CAPABILITY says what the route demands. With --upstream, requests and their bodies go through this program to the server.',
    'It listens on loopback addresses and sockets only: what faces the network is the proxy. proxy-config prints the configuration for it.',
    'It prints one line when it is ready, a line for each refusal and for each trouble, and with --redis one whenever that connects or is lost. SIGTERM ends it once the requests that are under way have been answered; what load loads meanwhile is in force within seconds.',
  ],
  async run(given) {
    const options = readServeOptions(given);
    requireOrigin(options.origin);
    try {
      await serveNow(options);
      return { exit: 0, lines: [], json: { type: 'appwarrant/served/1' } };
    } catch (error) {
      if (!(error instanceof Unusable)) throw error;
      const json = { type: 'appwarrant/failed/1', code: 'unusable', message: error.message };
      return { exit: 1, lines: [], json, notes: fold(error.message) };
    }
  },
};
