import { reportRoutes, type Place, type PlaceState } from '../self-test.ts';
import { NotUnderstood } from './arguments.ts';
import type { Answer, Command } from './command.ts';
import { appIn, loadHostModule } from './host-module.ts';
import { columns } from './output.ts';

/** Which routes of a host's server are behind the verifier. */
export const selfTest: Command = {
  name: 'self-test',
  files: ['MODULE'],
  options: ['export', 'except', 'json'],
  about: "which of a server's routes are behind protect(), and which are not",
  help: [
    'Imports MODULE and walks the app that it exports: a Koa, Express 5, Fastify 5 or Hono app, a server of node:http, a wrapped handler, or the module of a route of Next. Names each place that protect() does not stand before, and each that cannot be seen into. Runs no handler, but all that MODULE does when it is imported: see docs/adapters/self-test.md for a module that opens nothing.',
    'Takes the export that --export names, or else default, app, server, or the module itself. Ends with 1 when something is not protected or cannot be seen, and is not named with --except, which may be given again.',
  ],
  ends: true,
  async run({ files: [path = ''], exported, except }): Promise<Answer> {
    const app = await appIn(await loadHostModule(path), exported);
    if (app === undefined)
      throw new NotUnderstood(`${path.slice(0, 80)} does not export ${exported ?? 'an app'}.`);
    const { kind, places } = reportRoutes(app);
    const judged = places.map((place) => ({ ...place, excepted: except.includes(place.name) }));
    const isTrouble = ({ state }: Place): boolean => state === 'notProtected' || state === 'cannotSee';
    const troubles = judged.filter((place) => isTrouble(place) && !place.excepted);
    const counts = states.map(
      (state) => [state, places.filter((place) => place.state === state).length] as const,
    );
    return {
      exit: troubles.length > 0 ? 1 : 0,
      lines: [
        ...columns(
          states.flatMap((state) =>
            judged.filter((place) => place.state === state).map((place) => rowOf(place, place.excepted)),
          ),
        ),
        '',
        `${counts.map(([state, count]) => `${String(count)} ${words[state]}`).join(', ')}.`,
      ],
      json: { type: 'appwarrant/self-test/1', kind, ...Object.fromEntries(counts), places: judged },
    };
  },
};

/** What needs a look comes first. */
const states = ['notProtected', 'cannotSee', 'exempt', 'protected'] as const satisfies readonly PlaceState[];
const words = {
  notProtected: 'not protected',
  cannotSee: 'cannot be seen',
  exempt: 'exempt',
  protected: 'protected',
} as const;

function rowOf({ name, state, capabilities, why }: Place, excepted: boolean): readonly string[] {
  const state_ = state === 'notProtected' && !excepted ? 'NOT PROTECTED' : words[state];
  return [
    excepted ? `${state_} (excepted)` : state_,
    name,
    [capabilities.join(', '), why].filter(Boolean).join(' '),
  ];
}
