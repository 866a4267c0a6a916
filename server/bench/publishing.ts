// How long it takes to publish after one approval, in registries of 1,000, 10,000 and 100,000 builds: compose, seal, open with
// the real verifier as a customer who receives everything, write durably, put in force.

import { publishOrThrow } from '../src/publishing/publish.ts';
import { printFigures, type Figure } from '../../verifier/bench/print.ts';
import { makeRegistry } from './registry.ts';

const SIZES = [1_000, 10_000, 100_000];
const WARM_UPS = 3;
const ROUNDS = 15;

const figures: Figure[] = [];
for (const size of SIZES) {
  const registry = await makeRegistry(size);
  const times: number[] = [];
  for (let round = -WARM_UPS; round < ROUNDS; round += 1) {
    await registry.approveOneMore();
    const begun = performance.now();
    await publishOrThrow(registry.context, { cause: 'approval', actor: null });
    if (round >= 0) times.push(performance.now() - begun);
  }
  await registry.close();
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
  figures.push({
    bench: 'publish',
    case: `one approval among ${size.toLocaleString('en')} builds`,
    value: median,
    unit: 'ms',
  });
}
printFigures(
  'Publishing after one approval (two approvals each; one customer receives every build)',
  figures,
);
