// Run under an older Node in a folder where the vendor's package is installed: `use.mjs <site.json>`. Does with it what a customer's
// server does, as ES module and as CommonJS, each over a state folder of its own, and prints what happened.

import { readFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const site = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const bundle = readFileSync(site.bundle);
const ways = {
  esm: async (name) => await import(name),
  cjs: async (name) => createRequire(import.meta.url)(name),
};

/** Sends a request in two pieces, the last byte apart, to a server that reads its bodies as they come; gives the answer, and what ended. */
async function stream({ protect }, verifier, { method, target, headers, body }) {
  const ended = [];
  const listener = protect(verifier, { streaming: ['/uploads/*'] }, async (incoming, response) => {
    let length = 0;
    for await (const chunk of incoming) length += chunk.length;
    ended.push(length);
    response.end(String(length));
  });
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const bytes = Buffer.from(body, 'base64');
  const outgoing = ask({
    port,
    method,
    path: target,
    headers: ['Host', 'localhost', ...headers.flat()],
    agent: false,
  });
  outgoing.write(bytes.subarray(0, -1));
  setTimeout(() => outgoing.end(bytes.subarray(-1)), 200);
  const answer = await new Promise((resolve, reject) => outgoing.on('response', resolve).on('error', reject));
  const said = await text(answer);
  server.close();
  return { status: answer.statusCode, code: /"code":"(\w+)"/.exec(said)?.[1] ?? null, ended };
}

const report = { node: process.versions.node };
for (const [way, load] of Object.entries(ways)) {
  const { openVerifier, Refused } = await load('acme-verifier');
  const { protect, requireCapability } = await load('acme-verifier/koa');
  const ofNode = await load('acme-verifier/node');
  const { stateDir, signed, changed, streamed, altered } = site[way];
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
  const streams = [await stream(ofNode, first, streamed), await stream(ofNode, first, altered)];
  first.close();
  const second = open();
  report[way] = { before, admitted, refused, adapters, streams, again: judge(second, signed), lines };
  second.close();
}
process.stdout.write(JSON.stringify(report));
