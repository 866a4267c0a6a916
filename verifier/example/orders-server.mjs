// A customer's server: two routes, behind the verifier of the vendor Acme. Everything about AppWarrant is in four lines.
//
//   node orders-server.mjs --port 8700 --state /var/lib/acme-verifier --origin http://localhost:8700

import { parseArgs } from 'node:util';
import Koa from 'koa';
import { openVerifier } from 'acme-verifier';
import { protect, requireCapability } from 'acme-verifier/koa';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8700' },
    state: { type: 'string', default: './appwarrant-state' },
    origin: { type: 'string', default: 'http://localhost:8700' },
  },
});

const verifier = openVerifier({ stateDir: values.state, origin: values.origin });
const app = new Koa();
const orders = [{ item: 'anchor', quantity: 2 }];

app.use(protect(verifier, { exempt: ['/healthz'] }));

const mayRead = requireCapability('orders:read');
const mayWrite = requireCapability('orders:write');

app.use(async (ctx) => {
  switch (`${ctx.method} ${ctx.path}`) {
    case 'GET /healthz':
      ctx.body = { status: 'ok' };
      return;
    case 'GET /orders':
      return mayRead(ctx, async () => {
        ctx.body = orders;
      });
    case 'POST /orders':
      return mayWrite(ctx, async () => {
        // The bytes were checked before they arrived here. Who sent them: ctx.state.appwarrant.
        const order = readOrder(await readText(ctx.req));
        if (order === null) ctx.throw(400, 'An order is {"item":"…","quantity":1}.');
        orders.push(order);
        ctx.status = 201;
        ctx.body = order;
      });
    default:
      ctx.status = 404;
  }
});

async function readText(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function readOrder(text) {
  try {
    const { item, quantity } = JSON.parse(text);
    return typeof item === 'string' && Number.isSafeInteger(quantity) ? { item, quantity } : null;
  } catch {
    return null;
  }
}

const server = app.listen(Number(values.port), '127.0.0.1', () => {
  process.stderr.write(`orders server listens on port ${server.address().port}\n`);
});

// What was used up stays used up: the verifier writes its nonces down when it is closed in good order.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => {
      verifier.close();
      process.exit(0);
    });
    server.closeIdleConnections();
  });
}
