import type { ParameterizedContext } from 'koa';

import type { Config } from '../config.ts';

const NAME = 'appwarrant_session';
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Over https browsers take a cookie with this prefix from the host itself only: no neighbour can plant a session of his own. */
function nameOf(config: Config): string {
  return config.origin.startsWith('https:') ? `__Host-${NAME}` : NAME;
}

/** The session token that the browser sent, if it looks like one. */
export function readSessionCookie(http: ParameterizedContext, config: Config): string | null {
  const value = http.cookies.get(nameOf(config));
  return value !== undefined && TOKEN.test(value) ? value : null;
}

/** Gives the browser its session token, out of reach of scripts and of other sites. */
export function writeSessionCookie(
  http: ParameterizedContext,
  config: Config,
  token: string,
  seconds: number,
): void {
  http.append('Set-Cookie', cookie(config, token, seconds));
}

/** Takes the session token away. */
export function clearSessionCookie(http: ParameterizedContext, config: Config): void {
  http.append('Set-Cookie', cookie(config, '', 0));
}

function cookie(config: Config, token: string, seconds: number): string {
  const secure = config.origin.startsWith('https:') ? '; Secure' : '';
  return `${nameOf(config)}=${token}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}
