// Everything that is measured of the verifier: `npm run bench -w verifier`, with `-- --json` one object a line. Sizes of bundles may be
// named: `npm run bench -w verifier -- 1000 10000`.

import { benchCheck } from './check.ts';
import { benchLoad, sizesNamed } from './load.ts';
import { printFigures } from './print.ts';
import { benchReplay } from './replay.ts';

printFigures('Check of a request: medians of interleaved batches', await benchCheck());
printFigures('Replay table', benchReplay());
printFigures('Loading a bundle', benchLoad(sizesNamed(process.argv.slice(2))));
