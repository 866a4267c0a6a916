import { markOf } from './marks.ts';
import { nameOf, unseen, type Place } from './place.ts';

type Server = { listeners(event: string): readonly unknown[] };

/** What a server of node:http calls for requests, besides what was walked already. */
export function serverPlaces(
  server: Server,
  walk: (listener: unknown, name: string) => readonly Place[] | undefined,
): readonly Place[] {
  return [...whys].flatMap(([event, why]) =>
    server.listeners(event).flatMap((listener, index): readonly Place[] => {
      const name = nameOf(listener, `listener of ${event}`, index + 1);
      const mark = markOf(listener);
      if (mark?.kind === 'protect') return [{ name, state: 'protected', capabilities: [], why: '' }];
      return walk(listener, name) ?? [unseen(name, why)];
    }),
  );
}

/** Node gives requests to one of these, and each is another way in. */
const whys: ReadonlyMap<string, string> = new Map([
  ['request', 'A function: look at the app that it belongs to.'],
  ['upgrade', 'It has the connection without any middleware: check the request there, with checkHead.'],
  ['connect', 'It has the connection without any middleware.'],
  ['checkContinue', 'Requests with Expect: 100-continue go here, and not to the app.'],
  ['checkExpectation', 'Requests with another Expect go here, and not to the app.'],
]);
