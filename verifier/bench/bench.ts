// Everything that is measured of the verifier: `npm run bench -w verifier`, with `-- --json` one object a line. Sizes of bundles may be
// named: `npm run bench -w verifier -- 1000 10000`. Servers under load are measured apart: `npm run bench -w verifier -- servers`.

import { benchCheckAsync } from './check-async.ts';
import { benchCheck } from './check.ts';
import { benchLoad, sizesNamed } from './load.ts';
import { benchServers, readLoadOptions } from './load-servers.ts';
import { printFigures } from './print.ts';
import { benchReplay } from './replay.ts';

const args = process.argv.slice(2);
if (args.includes('servers')) {
  printFigures(
    'Servers under load, with the verifier and without',
    await benchServers(readLoadOptions(args)),
  );
} else {
  printFigures('Check of a request: medians of interleaved batches', await benchCheck());
  printFigures('Checking off the main thread: medians of interleaved batches', await benchCheckAsync());
  printFigures('Replay table', benchReplay());
  printFigures('Loading a bundle', benchLoad(sizesNamed(args)));
}
