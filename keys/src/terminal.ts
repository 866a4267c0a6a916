import { createInterface } from 'node:readline/promises';
import { StringDecoder } from 'node:string_decoder';

/** Where people sit: a terminal, or nobody. */
export interface Terminal {
  /** Whether somebody can be asked. */
  readonly attended: boolean;
  write(line: string): void;
  /** Asks for y; everything else is no. */
  agree(question: string): Promise<boolean>;
  /** Asks for a secret, and shows nothing of it. */
  secret(question: string): Promise<string>;
}

/** The terminal that this process was started at. Ctrl-C at a question ends the process with 130. */
export function processTerminal(): Terminal {
  return {
    attended: process.stdin.isTTY && process.stderr.isTTY,
    write: (line) => process.stdout.write(`${line}\n`),
    async agree(question) {
      const asking = createInterface({ input: process.stdin, output: process.stderr });
      asking.on('SIGINT', () => process.exit(130));
      try {
        return /^y(?:es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
      } finally {
        asking.close();
      }
    },
    secret: readSecret,
  };
}

function readSecret(question: string): Promise<string> {
  const { stdin, stderr } = process;
  // Raw mode: the terminal itself echoes nothing, and we do not either. It begins before anybody knows that he may type.
  stdin.setRawMode(true);
  stdin.resume();
  stderr.write(question);
  return new Promise((resolve) => {
    const decoder = new StringDecoder('utf8');
    let secret = '';
    const onData = (chunk: Buffer): void => {
      for (const character of decoder.write(chunk)) {
        if (character === '\u0003') {
          stdin.setRawMode(false);
          stderr.write('\n');
          process.exit(130);
        }
        if (character === '\r' || character === '\n' || character === '\u0004') {
          stdin.off('data', onData);
          stdin.setRawMode(false);
          stdin.pause();
          stderr.write('\n');
          resolve(secret);
          return;
        }
        if (character === '\u007f' || character === '\b') secret = Array.from(secret).slice(0, -1).join('');
        else secret += character;
      }
    };
    stdin.on('data', onData);
  });
}
