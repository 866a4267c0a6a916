import { connect, type Socket } from 'node:net';

/** An answer: its status, and the text of its body. */
export type Answer = { readonly status: number; readonly body: string };

/**
 * Kept connections to one server, over which requests go one after the other on each. Written for load: it takes bytes that are ready, reads nothing of an answer but
 * its status, its length and its body, and costs little of what is measured.
 */
export type Pool = {
  /** Sends a whole request on the next connection that is free. Rejects when the connection ends before the answer. */
  readonly send: (request: Uint8Array | string) => Promise<Answer>;
  /** How many wait for a free connection. */
  readonly waiting: () => number;
  readonly close: () => void;
};

type Job = {
  readonly request: Uint8Array | string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
};

/** Opens so many connections to a port of the loopback, as they are needed. */
export function openPool(port: number, connections: number): Pool {
  const jobs: Job[] = [];
  const free: Socket[] = [];
  const all = new Set<Socket>();
  const current = new Map<Socket, Job>();

  const run = (socket: Socket, job: Job): void => {
    current.set(socket, job);
    socket.write(job.request);
  };
  const next = (socket: Socket): void => {
    const job = jobs.shift();
    if (job === undefined) free.push(socket);
    else run(socket, job);
  };
  const open = (job: Job): void => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    all.add(socket);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const read = readAnswer(text);
      if (read === undefined) return;
      text = '';
      current.get(socket)?.resolve(read.answer);
      current.delete(socket);
      if (read.ends) socket.destroy();
      else next(socket);
    });
    const ended = (error?: Error): void => {
      all.delete(socket);
      const at = free.indexOf(socket);
      if (at >= 0) free.splice(at, 1);
      current.get(socket)?.reject(error ?? new Error('The connection ended.'));
      current.delete(socket);
      const waiting = jobs.shift();
      if (waiting !== undefined) open(waiting);
    };
    socket.on('error', ended);
    socket.on('close', () => ended());
    run(socket, job);
  };

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        const job = { request, resolve, reject };
        const socket = free.pop();
        if (socket !== undefined) run(socket, job);
        else if (all.size < connections) open(job);
        else jobs.push(job);
      }),
    waiting: () => jobs.length,
    close: () => {
      for (const socket of all) socket.destroy();
    },
  };
}

/** The answer at the start of a text, once it is whole. */
function readAnswer(text: string): { readonly answer: Answer; readonly ends: boolean } | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const status = Number(head.slice(9, 12));
  const ends = /\r\nconnection: close/i.test(head);
  const length = /\r\ncontent-length: ([0-9]+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const from = end + 4;
    if (text.length < from + Number(length)) return undefined;
    return { answer: { status, body: text.slice(from, from + Number(length)) }, ends };
  }
  if (/\r\ntransfer-encoding: chunked/i.test(head)) {
    if (!text.endsWith('0\r\n\r\n')) return undefined;
    return { answer: { status, body: text.slice(end + 4) }, ends };
  }
  return { answer: { status, body: '' }, ends };
}
