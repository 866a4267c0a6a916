import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Refused } from '../refused.ts';
import { keepAdmission } from './admissions.ts';
import { contentDigest } from './digest-fields.ts';
import { endConnection } from './end-connection.ts';
import { carriesBody, headOf, requireHttp1 } from './node-request.ts';
import { answerTo } from './problem.ts';
import { tellRefusals, type HeadChecker } from './tell-refusals.ts';

/** As node:http calls a listener of `upgrade` and of `connect`. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => unknown;

/**
 * A listener for a server's `upgrade` event that calls yours only when the verifier admits the request, and writes refusals itself,
 * after which the connection ends. Upgrades never reach a server's request listener: without this nobody checks them. What is sent over
 * the connection afterwards is not signed: the app was there when it was opened.
 */
export function guardUpgrade(verifier: HeadChecker, listener: UpgradeListener): UpgradeListener {
  return async (request, socket, head) => {
    // Nobody listens yet, and a connection that breaks now must not end the process.
    const ignore = (): void => {
      socket.destroy();
    };
    socket.on('error', ignore);
    try {
      const asked = headOf(request, request.url ?? '');
      await tellRefusals(
        verifier,
        () => asked,
        async (ask) => {
          requireHttp1(request);
          if (carriesBody(request)) throw new Refused('framing_ambiguous', 'An upgrade has no body.');
          const { pending, note } = await ask(asked);
          keepAdmission(request, pending.finish(contentDigest(undefined)), undefined, note);
        },
      );
    } catch (error) {
      if (error instanceof Refused) endWith(socket, error);
      else socket.destroy();
      return;
    }
    socket.off('error', ignore);
    if (socket.destroyed) return;
    await listener(request, socket, head);
  };
}

/** Writes an answer as the last thing on a connection. */
function endWith(socket: Duplex, refused: Refused): void {
  const { status, headers, body } = answerTo(refused);
  const length = String(Buffer.byteLength(body));
  const fields = [...headers, ['Content-Length', length], ['Connection', 'close']];
  const lines = [`HTTP/1.1 ${String(status)} ${refused.title}`, ...fields.map((field) => field.join(': '))];
  endConnection(socket, `${lines.join('\r\n')}\r\n\r\n${body}`);
}
