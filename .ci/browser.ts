// Finds the browser that the tests drive.

import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env, getuid, platform } from 'node:process';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'microsoft-edge-stable',
];

const MAC = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

const WINDOWS = [
  'Google\\Chrome\\Application\\chrome.exe',
  'Chromium\\Application\\chrome.exe',
  'Microsoft\\Edge\\Application\\msedge.exe',
];

/** The path of a Chrome, Chromium or Edge: `CHROME_PATH` where it is set, else the first in the usual places. */
export function findBrowser(): string | undefined {
  return candidates().find(isExecutable);
}

function candidates(): string[] {
  if (env.CHROME_PATH) return [env.CHROME_PATH];
  if (platform === 'darwin') return MAC;
  if (platform === 'win32') {
    const roots = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter(
      (root) => root !== undefined,
    );
    return roots.flatMap((root) => WINDOWS.map((path) => join(root, path)));
  }
  const folders = [
    ...(env.PATH ?? '').split(delimiter),
    '/usr/bin',
    '/usr/local/bin',
    '/snap/bin',
    '/opt/google/chrome',
  ];
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const APT = ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'];

/**
 * The path of a browser, installed first where there is none and this process may install one (root, apt).
 * Throws an Error whose message says what to do, where it may not.
 */
export function browserForTests(): string {
  const found = findBrowser();
  if (found !== undefined) return found;
  if (env.CHROME_PATH) throw new Error(`CHROME_PATH names ${env.CHROME_PATH}, which cannot be run.`);
  const advice = `The tests drive a browser and found none: sudo ${APT.join(' ')} (or set CHROME_PATH).`;
  if (getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) throw new Error(advice);

  process.stderr.write('Installing Chromium for the tests …\n');
  const environment = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update', '-q'], APT.slice(1)]) {
    spawnSync('apt-get', args, { env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const installed = findBrowser();
  if (installed === undefined) throw new Error(advice);
  return installed;
}
