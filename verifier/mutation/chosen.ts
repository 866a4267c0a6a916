// What the processes that run tests are told: the module, and the folder in which its instrumented sources lie and verdicts are written.

import { modules } from './modules.ts';

const found = modules.find(({ name }) => name === process.env['MUTATION_MODULE']);
if (found === undefined) throw new Error('MUTATION_MODULE names no module.');

export const chosenModule = found;
export const workFolder = process.env['MUTATION_FOLDER'] ?? '';
