// A program that traces with OpenTelemetry's own library, as the page says: it loads a bundle, has two requests judged, within a span and
// outside of one, and prints the spans. Run in a folder in which the vendor's package and the example are.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

const { stateDir, origin, bundle, admitted, refused, verifierPackage, example } = JSON.parse(
  readFileSync(0, 'utf8'),
);
const { openVerifier } = await import(verifierPackage);

const storage = new AsyncLocalStorage();
context.setGlobalContextManager({
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (active, work, self, ...args) => storage.run(active, () => work.call(self, ...args)),
  bind: (_, target) => target,
  enable: () => undefined,
  disable: () => undefined,
});
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
const { traceVerdict } = await import(example);

const lines = [];
const verifier = openVerifier({
  stateDir,
  origin,
  log: (line) => lines.push(line),
  onVerdict: traceVerdict,
});
verifier.load(readFileSync(bundle));
await trace.getTracer('test').startActiveSpan('GET /orders', async (span) => {
  const pending = await verifier.checkHeadAsync(admitted);
  pending.finish(createHash('sha256').digest());
  span.end();
});
await verifier.checkAsync(refused).catch(() => undefined);

const spans = exporter.getFinishedSpans().map((span) => ({
  name: span.name,
  id: span.spanContext().spanId,
  parent: span.parentSpanContext?.spanId ?? null,
  status: span.status.code,
  attributes: span.attributes,
  nanoseconds: span.duration[0] * 1e9 + span.duration[1],
}));
process.stdout.write(JSON.stringify({ spans, lines: lines.slice(1) }));
