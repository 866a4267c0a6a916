// Everything that is measured of the verifier: `npm run bench -w verifier`, with `-- --json` one object a line.

import { benchCheck } from './check.ts';
import { benchLoad, sizesNamed } from './load.ts';
import { printFigures } from './print.ts';

printFigures('Check of a request: medians of interleaved batches', await benchCheck());
printFigures('Loading a bundle', benchLoad(sizesNamed(process.argv.slice(2))));
