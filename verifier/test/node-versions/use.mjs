// Run under an older Node in a folder where the vendor's package is installed: `use.mjs <site.json>`. Does with it what a customer's
// server does, as ES module and as CommonJS, each over a state folder of its own, and prints what happened.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const site = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const bundle = readFileSync(site.bundle);
const ways = {
  esm: async (name) => await import(name),
  cjs: async (name) => createRequire(import.meta.url)(name),
};

const report = { node: process.versions.node };
for (const [way, load] of Object.entries(ways)) {
  const { openVerifier, Refused } = await load('acme-verifier');
  const { protect, requireCapability } = await load('acme-verifier/koa');
  const { stateDir, signed, changed } = site[way];
  const lines = [];
  const open = () => openVerifier({ stateDir, origin: site.origin, log: (line) => lines.push(line) });
  const judge = (verifier, { body, ...request }) => {
    try {
      return verifier.check({ ...request, body: Buffer.from(body, 'base64') }).kind;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return error.code;
    }
  };

  const first = open();
  const before = judge(first, signed);
  first.load(bundle);
  const admitted = judge(first, signed);
  const refused = judge(first, changed);
  const adapters = [typeof protect(first), typeof requireCapability('orders:read')];
  first.close();
  const second = open();
  report[way] = { before, admitted, refused, adapters, again: judge(second, signed), lines };
  second.close();
}
process.stdout.write(JSON.stringify(report));
