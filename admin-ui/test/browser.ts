// A real portal on a free port with a data folder of its own, and people with real passkeys in a real browser.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type CDPSession, type Page } from 'playwright-core';

import { browserForTests } from '../../.ci/browser.ts';
import { build } from '../../.ci/build.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface RunningPortal {
  readonly origin: string;
  readonly approveOrigin: string;
  /** With which the first admin enrols. */
  readonly invitation: string;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** Starts the portal as `npm start` does; `stop` ends it and removes its data. */
export async function startPortal(): Promise<RunningPortal> {
  await build();
  const dataDir = mkdtempSync(join(tmpdir(), 'appwarrant-ui-'));
  const child = spawn(
    process.execPath,
    ['--conditions=appwarrant-source', join(ROOT, 'server/src/main.ts')],
    {
      env: { ...process.env, PORT: '0', APPWARRANT_DATA: dataDir, DATABASE_URL: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const invitation = await readInvitation(child);
  const origin = new URL(invitation).origin;
  return {
    origin,
    approveOrigin: origin.replace('//localhost', '//approve.localhost'),
    invitation,
    dataDir,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function readInvitation(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (text: Buffer): void => {
      output += text.toString();
      const link = /http:\/\/\S+\/invitation#\S+/.exec(output)?.[0];
      if (link !== undefined) resolve(link);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', () => reject(new Error(`The portal ended:\n${output}`)));
  });
}

/** Starts the browser. It can reach this machine, and nothing else. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserForTests(),
    args: [
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1',
      '--no-sandbox',
    ],
  });
}

type Credential = Readonly<Record<string, unknown>> & { readonly credentialId: string };

/** A person at a browser of their own, with a device that holds their passkeys, on every page they open. */
export interface Somebody {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What must never happen: content security violations, errors in pages, requests to other machines. */
  readonly wrongs: string[];
  /** Does something that opens another tab; gives that tab once its passkeys work. */
  opening(act: () => Promise<void>): Promise<Page>;
  /** From now on the device declines, or answers again. */
  answers(yes: boolean): Promise<void>;
  leave(): Promise<void>;
}

export interface Look {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

/** A new person at a new browser window. */
export async function somebody(browser: Browser, look: Look = {}): Promise<Somebody> {
  const context = await browser.newContext({
    colorScheme: look.colorScheme ?? 'light',
    viewport: { width: look.width ?? 1280, height: look.height ?? 900 },
    acceptDownloads: true,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
    permissions: ['clipboard-write'],
  });
  const wrongs = await watch(context);
  const wallet = new Map<string, Credential>();
  const devices = new Map<Page, Promise<Device>>();
  const equip = (page: Page): void => {
    devices.set(page, plugIn(context, page, wallet));
    page.once('close', () => devices.delete(page));
  };
  context.on('page', equip);
  const page = await context.newPage();
  await devices.get(page);
  return {
    context,
    page,
    wrongs,
    async opening(act) {
      const [first] = await Promise.all([nextPage(context), act()]);
      const opened = first ?? (await openByHand(context, page));
      await devices.get(opened);
      return opened;
    },
    async answers(yes) {
      for (const device of devices.values()) await (await device).answers(yes);
    },
    leave: () => context.close(),
  };
}

/** The next tab, or null where the browser held it back: it opens tabs only soon after somebody's click. */
function nextPage(context: BrowserContext): Promise<Page | null> {
  return context.waitForEvent('page', { timeout: 10_000 }).catch(() => null);
}

/** What people do then: the portal offers the link. */
async function openByHand(context: BrowserContext, page: Page): Promise<Page> {
  const [opened] = await Promise.all([
    context.waitForEvent('page'),
    page.getByRole('link', { name: 'Open it again' }).click(),
  ]);
  return opened;
}

interface Device {
  answers(yes: boolean): Promise<void>;
}

/** A virtual authenticator that holds what the wallet holds; what it makes or uses goes back into the wallet. */
async function plugIn(context: BrowserContext, page: Page, wallet: Map<string, Credential>): Promise<Device> {
  const session: CDPSession = await context.newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const keep = ({ credential }: { credential: unknown }): void => {
    const kept = credential as Credential;
    wallet.set(kept.credentialId, kept);
  };
  session.on('WebAuthn.credentialAdded', keep);
  session.on('WebAuthn.credentialAsserted', keep);
  for (const credential of wallet.values()) {
    await session.send('WebAuthn.addCredential', { authenticatorId, credential: credential as never });
  }
  return {
    answers: async (yes) => {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: yes });
    },
  };
}

async function watch(context: BrowserContext): Promise<string[]> {
  const wrongs: string[] = [];
  await context.exposeBinding('reportViolation', ({ page }, what: unknown) => {
    wrongs.push(`content security policy at ${page.url()}: ${String(what)}`);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (globalThis as unknown as { reportViolation: (what: string) => void }).reportViolation;
      report(
        `${event.effectiveDirective} blocked ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`,
      );
    });
  });
  context.on('weberror', (error) => wrongs.push(`error in a page: ${String(error.error().stack)}`));
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    const here = hostname === 'localhost' || hostname.endsWith('.localhost');
    if (!here && protocol !== 'blob:') wrongs.push(`a request to ${request.url()}`);
  });
  return wrongs;
}
