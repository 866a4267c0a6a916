#!/usr/bin/env node
// A partner's app: lists and posts orders at a customer's server. Everything about AppWarrant is in `client` and `makeKey`.

import { parseArgs } from 'node:util';
import { createAppWarrant, generateKey, keyProof, SdkError } from '@appwarrant/sdk';
import { fileKeyStore, filePins } from '@appwarrant/sdk/file-key-store';
import { readConfig, type Config } from './config.ts';

const usage = `Usage: harbour-orders <command>
  list                                  show the orders
  post <item> [--quantity N]            post an order
  key                                   make the app's key, once, and show its public half
  key-proof --registry R --partner P --app A
                                        prove that the key is ours, for the submission to the vendor
Settings: orders.json {"server","deployment","keyFile","pinFile","token"}, or ORDERS_SERVER and so on.
`;

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof SdkError) {
    process.stderr.write(`${error.refusal?.code ?? error.code}: ${error.message}\n`);
    process.exitCode = 3;
  } else {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = 1;
  }
}

/** Exit codes: 0 done, 1 something else went wrong, 2 usage, 3 refused by AppWarrant (its code comes first on stderr). */
async function main(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quantity: { type: 'string', default: '1' },
      registry: { type: 'string', default: '' },
      partner: { type: 'string', default: '' },
      app: { type: 'string', default: '' },
    },
  });
  const [command = '', argument] = positionals;
  const config = await readConfig(process.env);
  switch (command) {
    case 'list':
      return show(await client(config)('/orders', { headers: authorization(config) }));
    case 'post':
      if (argument === undefined) break;
      return show(
        await client(config)('/orders', {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...authorization(config) },
          body: JSON.stringify({ item: argument, quantity: Number(values.quantity) }),
        }),
      );
    case 'key':
      return makeKey(config);
    case 'key-proof':
      if (!values.registry || !values.partner || !values.app) break;
      return proveKey(config, { registry: values.registry, partner: values.partner, app: values.app });
  }
  process.stderr.write(usage);
  return 2;
}

/** The platform's fetch, except that each request carries the proof of which build it comes from. */
function client(config: Config): typeof fetch {
  return createAppWarrant({
    origin: config.server,
    keyStore: fileKeyStore(config.keyFile),
    pins: filePins(config.pinFile),
    ...(config.deployment !== null && { deployment: config.deployment }),
  }).fetch;
}

function authorization(config: Config): Record<string, string> {
  return config.token === null ? {} : { authorization: `Bearer ${config.token}` };
}

async function makeKey(config: Config): Promise<number> {
  const store = fileKeyStore(config.keyFile);
  if ((await store.load()) === null) await store.save(await generateKey({ extractable: true }));
  const key = await store.load();
  process.stdout.write(`${JSON.stringify(key?.publicKeyJwk)}\n`);
  return 0;
}

async function proveKey(
  config: Config,
  claim: { registry: string; partner: string; app: string },
): Promise<number> {
  const key = await fileKeyStore(config.keyFile).load();
  if (key === null) throw new Error(`There is no key in ${config.keyFile}: run harbour-orders key first.`);
  process.stdout.write(
    `${JSON.stringify({ key: key.publicKeyJwk, keyProof: await keyProof(key, claim) })}\n`,
  );
  return 0;
}

/** The answer's body on stdout; an answer of the API's own that is an error goes to stderr with its status. */
async function show(answer: Response): Promise<number> {
  const text = await answer.text();
  if (answer.ok) process.stdout.write(`${text}\n`);
  else process.stderr.write(`${answer.status} ${text}\n`);
  return answer.ok ? 0 : 1;
}

/** A failed fetch says why only in its cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
