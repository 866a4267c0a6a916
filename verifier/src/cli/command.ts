// What a command of the package is: what it takes, and what it answers.

/** The options that commands share; each takes those that it names. */
export const options = {
  state: { type: 'string' },
  origin: { type: 'string' },
  at: { type: 'string' },
  bundle: { type: 'string' },
  failed: { type: 'string' },
  each: { type: 'string' },
  listen: { type: 'string' },
  check: { type: 'string' },
  upstream: { type: 'string' },
  status: { type: 'string' },
  redis: { type: 'string' },
  'redis-password-file': { type: 'string' },
  'redis-ca': { type: 'string' },
  'redis-cert': { type: 'string' },
  'redis-key': { type: 'string' },
  exempt: { type: 'string', multiple: true },
  route: { type: 'string', multiple: true },
  'browser-origin': { type: 'string', multiple: true },
  'body-silence': { type: 'string' },
  'upstream-silence': { type: 'string' },
  drain: { type: 'string' },
  log: { type: 'string' },
  export: { type: 'string' },
  except: { type: 'string', multiple: true },
  'new-deployment': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type OptionName = Exclude<keyof typeof options, 'help'>;

/** What was typed behind a command's name. */
export type Given = {
  /** As many as the command names, or more where it takes many. */
  readonly files: readonly string[];
  readonly state: string;
  readonly origin: string | null;
  readonly at: string | null;
  readonly bundle: string | null;
  readonly failed: string | null;
  readonly each: string | null;
  /** The name of an export, and the names of places. */
  readonly exported: string | null;
  readonly except: readonly string[];
  /** Whether another deployment is to be made where there was one. */
  readonly isNewDeployment: boolean;
  /** What was given of the options that only serving takes, by name. */
  readonly serving: ReadonlyMap<string, readonly string[]>;
  readonly json: boolean;
};

/** What a command answers: 0 fine, 1 refused or something is wrong, 2 not understood. */
export type Answer = {
  readonly exit: 0 | 1 | 2;
  /** For people, on standard output; each fits a terminal's width, and contains nothing that a terminal obeys. */
  readonly lines: readonly string[];
  /** The same for programs, with `--json`: an object whose `type` says what its members are. */
  readonly json: object;
  /** For people, on standard error. */
  readonly notes?: readonly string[];
};

/** Where a long command says how far it is: one line that is written over on a terminal, and elsewhere a line now and then. */
export type Progress = (text: string) => void;

export type Command = {
  /** One word, or two. */
  readonly name: string;
  /** What it is given, such as `FILE`; the name of each for people. `FILE…`, as the last, is one or more. */
  readonly files: readonly string[];
  readonly options: readonly OptionName[];
  /** Which of its options have to be there. */
  readonly needs?: readonly OptionName[];
  /** One line for the list of commands. */
  readonly about: string;
  /** Paragraphs for `--help`. */
  readonly help: readonly string[];
  /** Whether the program ends when it has answered, whatever a host's module has left open. */
  readonly ends?: boolean;
  readonly run: (given: Given, progress: Progress) => Answer | Promise<Answer>;
};
