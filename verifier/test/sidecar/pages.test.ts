import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readArguments } from '../../src/cli/arguments.ts';
import { serve } from '../../src/cli/serve.ts';
import { identityNames } from '../../src/sidecar/identity.ts';
import { readServeOptions } from '../../src/sidecar/serve-options.ts';
import { createVendor } from '../compose/vendor.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { missing, nginxSays } from './real-proxies.ts';

const folder = join(import.meta.dirname, '../../../docs/sidecar');
const pages = readdirSync(folder).filter((name) => name.endsWith('.md'));

type Block = { readonly kind: string; readonly text: string };

/** The fenced blocks of a page, in their order. */
function blocksOf(page: string): readonly Block[] {
  const text = readFileSync(join(folder, page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind = '', body = '']) => ({
    kind,
    text: body,
  }));
}

/** The commands of a page: each line of its `sh` blocks. */
function commandsOf(page: string): readonly (readonly string[])[] {
  return blocksOf(page)
    .filter(({ kind }) => kind === 'sh')
    .flatMap(({ text }) => text.trim().split('\n'))
    .map((line) => line.split(' '));
}

describe('The pages of the sidecar', () => {
  test('are all there', () => {
    expect(pages.toSorted()).toEqual(['README.md', 'caddy.md', 'envoy.md', 'nginx.md', 'traefik.md']);
  });

  test.each(pages)('start it with what it understands: %s', (page) => {
    const serving = commandsOf(page).filter(([, command]) => command === 'serve');
    expect(serving).toHaveLength(1);
    for (const [, , ...args] of serving) {
      const given = readArguments(serve, args);
      if (given === 'help') throw new Error('It asks for help.');
      expect(readServeOptions(given).origin).toBe('https://orders.example.com');
    }
  });

  test.each(pages.filter((page) => page !== 'README.md'))('show what proxy-config prints: %s', (page) => {
    const program = makePackage(createVendor());
    const [, , ...args] = commandsOf(page).find(([, command]) => command === 'proxy-config') ?? [];
    const { status, stdout } = runProgram(program, ['proxy-config', ...args]);
    expect(status).toBe(0);
    expect(
      blocksOf(page)
        .filter(({ kind }) => kind !== 'sh')
        .map(({ text }) => text),
    ).toEqual([stdout]);
  });

  test.skipIf(missing('nginx') !== undefined)(
    'show what nginx takes, but for the certificate (where nginx is installed)',
    () => {
      const shown = blocksOf('nginx.md').find(({ kind }) => kind === 'nginx')?.text ?? '';
      expect(nginxSays(shown)).toMatch(
        /cannot load certificate "\/etc\/ssl\/orders\.example\.com\/fullchain\.pem"/,
      );
    },
  );

  test('name every field that the server is told', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const name of identityNames) expect(readme).toContain(`\`${name}\``);
  });
});
