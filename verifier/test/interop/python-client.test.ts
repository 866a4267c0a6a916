import { spawn, spawnSync } from 'node:child_process';
import { verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { canonical } from '../../src/formats.ts';
import { protect, requireCapability, type Admission } from '../../src/adapters/koa.ts';
import { makeSite, nextBundle, start, temporaryFolder } from '../state/site.ts';

// The client on the page for partners who write Python, as it stands there, against the real verifier over HTTP.

const page = readFileSync(join(import.meta.dirname, '../../../docs/clients/python.md'), 'utf8');
const [client = '', use = '', proof = ''] = [...page.matchAll(/^ *```python\n(.*?)^ *```/gms)].map(
  ([, code = '']) => code.replaceAll(/^ {2}(?=\S)/gm, ''),
);

/** The first Python that has `cryptography`: where Debian's package serves Debian's Python, another may come first. */
const python = ['python3', '/usr/bin/python3'].find(
  (name) => spawnSync(name, ['-c', 'import cryptography']).status === 0,
);
const missing = 'Python with the module cryptography is not installed (Debian: python3-cryptography)';

/** A customer's server on loopback, over a bundle with one approved build, and a folder with the client and the build's key. */
async function serve() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const site = makeSite({}, origin);
  const verifier = start(site);
  verifier.load(nextBundle(site));
  const app = new Koa();
  app.use(protect(verifier));
  app.use(requireCapability('orders:read'));
  app.use(async (context) => {
    const chunks: Buffer[] = [];
    for await (const chunk of context.req) chunks.push(chunk as Buffer);
    const { appwarrant } = context.state as { appwarrant: Admission };
    context.body = { kind: appwarrant.kind, url: context.url, body: Buffer.concat(chunks).toString() };
  });
  const handle = app.callback();
  server.on('request', (request, response) => void handle(request, response));
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'appwarrant.py'), client);
  writeFileSync(join(folder, 'app-key.pem'), site.key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return {
    site,
    /** Runs the page's way of making a client, and then this; gives the lines that it prints. */
    run: (script: string) => {
      const [made = ''] = use.split('\n');
      const here = made
        .replace('https://orders.customer.example', origin)
        .replace("the deployment's id", site.deployment);
      return runPython(folder, ['from appwarrant import *', here, script].join('\n'));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Not `spawnSync`: the server that the script talks to runs in this process. */
function runPython(cwd: string, script: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(python ?? 'python3', ['-c', script], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(stdout.trim().split('\n'));
      else reject(new Error(stderr));
    });
  });
}

/** Prints status and body of an answer, as JSON. */
const show = 'show = lambda answer: print(json.dumps([answer[0], json.loads(answer[1])]))';

describe('The client in Python', () => {
  test('is about forty lines, and needs the standard library and cryptography alone', () => {
    expect(client.split('\n').filter((line) => line.trim() !== '').length).toBeLessThan(50);
    const modules = [...client.matchAll(/^(?:import|from) ([\w., ]+?)(?: import .*)?$/gm)].flatMap(
      ([, names = '']) => names.split(', ').map((name) => name.split('.')[0] ?? ''),
    );
    const standard = ['base64', 'hashlib', 'http', 'json', 'secrets', 'time', 'urllib'];
    expect([...new Set(modules)].sort()).toEqual([...standard, 'cryptography'].sort());
  });

  test('is admitted: GET and POST, with a query, a body and credentials', async ({ skip }) => {
    if (python === undefined) skip(missing);
    await using server = await serve();
    const lines = await server.run(`${show}
show(client.request("GET", "/orders?state=open&q=%C3%A4"))
show(client.request("POST", "/orders", {"Content-Type": "application/json"}, '{"item":"räp"}'.encode()))
show(client.request("PUT", "/orders/5", {"Authorization": "Bearer e30.e30.c2ln", "Cookie": "a=b", "Content-Encoding": "br"}, b"x"))
show(client.request("POST", "/orders"))`);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      [200, { kind: 'app', url: '/orders?state=open&q=%C3%A4', body: '' }],
      [200, { kind: 'app', url: '/orders', body: '{"item":"räp"}' }],
      [200, { kind: 'app', url: '/orders/5', body: 'x' }],
      [200, { kind: 'app', url: '/orders', body: '' }],
    ]);
  });

  test('is used as the page says', async ({ skip }) => {
    if (python === undefined) skip(missing);
    await using server = await serve();
    const calls = use.split('\n').slice(1).join('\nprint(status, body)\n');
    expect(await server.run(calls)).toEqual([
      expect.stringMatching(/^200 .*state=open/),
      expect.stringMatching(/^200 .*rope/),
    ]);
  });

  test('is refused with one wrong byte: of the body, the target, the signature, the time, a covered field', async ({
    skip,
  }) => {
    if (python === undefined) skip(missing);
    await using server = await serve();
    const lines = await server.run(`
def send(target="/orders", body=b'{"item":"rope"}', change=lambda fields: None):
    fields = client.sign("POST", "/orders", {"Content-Type": "application/json"}, b'{"item":"rope"}')
    change(fields)
    connection = http.client.HTTPConnection(urlsplit(client.origin)[1])
    connection.request("POST", target, body, fields)
    answer = connection.getresponse()
    print(answer.status, json.loads(answer.read()).get("code"))
def other(name, at):
    def change(fields):
        text = fields[name]
        fields[name] = text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1:]
    return change
send()
send(body=b'{"item":"rops"}')
send(target="/orderz")
send(change=other("signature", 9))
send(change=lambda fields: fields.update({"signature-input": fields["signature-input"].replace("created=1", "created=2")}))
send(change=other("content-type", 3))`);
    expect(lines).toEqual([
      '200 None',
      '401 digest_mismatch',
      '401 signature_invalid',
      '401 signature_invalid',
      '401 proof_from_future',
      '401 signature_invalid',
    ]);
  });

  test('answers the challenge of a server whose clock is a day behind its own', async ({ skip }) => {
    if (python === undefined) skip(missing);
    await using server = await serve();
    const lines = await server.run(`${show}
real = time.time
time.time = lambda: real() + 86400
show(client.request("GET", "/later"))`);
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([[200, { url: '/later' }]]);
  });

  test('proves that the key is its own, as the page says', async ({ skip }) => {
    if (python === undefined) skip(missing);
    await using server = await serve();
    const given = `registry, partner, app = "${'ab'.repeat(32)}", "p-x", "viewer"`;
    const [jwk = '', signature = ''] = await server.run(`${given}\n${proof}`);
    const { key } = server.site;
    expect(JSON.parse(jwk)).toEqual(key.jwk);
    const claim = canonical({
      type: 'appwarrant/key-proof/1',
      registry: 'ab'.repeat(32),
      partner: 'p-x',
      app: 'viewer',
      key: key.thumbprint,
    });
    const publicKey = { key: { ...key.jwk }, format: 'jwk', dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha256', claim, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });
});
