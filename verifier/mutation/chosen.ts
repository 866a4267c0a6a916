// What the processes that run tests are told: the folder in which instrumented sources lie and verdicts are written.

export const workFolder = process.env['MUTATION_FOLDER'] ?? '';
