// The direction of dependency, the shape of a portal feature, and one door for each third-party library.

/** admin-ui —types only→ server → keys → verifier ← sdk; the approving page hashes with the verifier's formats. */
const ARROWS = {
  verifier: [],
  keys: ['verifier'],
  server: ['keys', 'verifier'],
  'admin-ui': ['verifier'],
  sdk: ['verifier'],
};
const WORKSPACES = Object.keys(ARROWS);

/** Libraries that exactly one file of a workspace's sources may import. A class of names shares a door. */
const DOORS = [
  '@koa/send',
  '@simplewebauthn/browser',
  '@simplewebauthn/server',
  'better-sqlite3',
  'koa-compress',
  'node-forge',
  'pg',
  'pino',
  'rate-limiter-flexible',
  'tar-stream',
];

const anyOf = (names) => `(?:${names.map((name) => name.replaceAll('/', '\\/')).join('|')})`;

/** What a workspace's sources may not reach, beyond the workspaces that its arrows name. */
const direction = WORKSPACES.map((from) => ({
  name: `direction-${from}`,
  comment: `${from} may import ${ARROWS[from].join(' and ') || 'no other workspace'}.`,
  severity: 'error',
  from: { path: `^${from}/src/` },
  to: {
    path: `^${anyOf(WORKSPACES.filter((to) => to !== from && !ARROWS[from].includes(to)))}/`,
    ...(from === 'admin-ui' && { pathNot: '^server/src/' }),
  },
}));

const doors = DOORS.flatMap((library) =>
  WORKSPACES.map((workspace) => ({
    name: `one-door-${library}`,
    comment: `${library} has one door: one file of ${workspace}/src imports it, the others import that file.`,
    severity: 'error',
    module: {
      path: `(?:^|/)node_modules/(?:@types/)?${library.replaceAll('/', '\\/')}/`,
      numberOfDependentsMoreThan: 1,
    },
    from: { path: `^${workspace}/src/` },
  })),
);

export default {
  forbidden: [
    ...direction,
    {
      name: 'pages-take-types-only',
      comment: 'The pages know the shapes of the API, and none of its code.',
      severity: 'error',
      from: { path: '^admin-ui/src/' },
      to: { path: '^server/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pages-take-formats-only',
      comment: 'The approving page computes what is signed itself, with the formats that run in a browser.',
      severity: 'error',
      from: { path: '^admin-ui/src/' },
      to: {
        path: '^verifier/',
        pathNot: '^verifier/src/formats-browser\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'front-door-only',
      comment: "Another workspace is imported by its package's name, never by a path into it.",
      severity: 'error',
      from: { path: `^(${WORKSPACES.join('|')})/` },
      to: {
        path: `^${anyOf(WORKSPACES)}/`,
        pathNot: [
          '^$1/',
          '^verifier/src/(?:index|formats|formats-browser|adapters/[a-z]+)\\.ts$',
          '^keys/src/index\\.ts$',
          '^sdk/src/(?:index|file-key-store)\\.ts$',
          '^server/src/api-types\\.ts$',
          '/(?:bench|test|example|demo|vectors|dist)/',
        ],
      },
    },
    {
      name: 'verifier-imports-nothing',
      comment: 'What customers install has no run-time dependencies. The adapters may name types.',
      severity: 'error',
      from: { path: '^verifier/src/' },
      to: { pathNot: '^verifier/', dependencyTypesNot: ['core', 'type-only'] },
    },
    {
      name: 'sdk-imports-formats-only',
      comment: "The sdk's build bundles the formats that run in a browser, and nothing else.",
      severity: 'error',
      from: { path: '^sdk/src/' },
      to: { pathNot: ['^sdk/src/', '^verifier/src/formats-browser\\.ts$'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'sources-use-no-tests',
      severity: 'error',
      from: { path: '/src/' },
      to: { path: '/(?:test|demo|example|bench)/|^\\.ci/' },
    },
    {
      name: 'own-store-only',
      comment: "A feature calls another feature's verbs, never its store.",
      severity: 'error',
      from: { path: '^server/src/([^/]+)/' },
      to: { path: '^server/src/[^/]+/store\\.ts$', pathNot: '^server/src/$1/' },
    },
    {
      name: 'store-asks-only',
      comment: 'routes → verbs → store: a store holds queries and calls nothing of its feature back.',
      severity: 'error',
      from: { path: '^server/src/[^/]+/store\\.ts$' },
      to: { path: '^server/src/[^/]+/routes\\.ts$' },
    },
    {
      name: 'routes-are-the-outside',
      comment: 'Only what mounts them imports routes: rules know nothing of HTTP.',
      severity: 'error',
      from: { path: '^server/src/[^/]+/', pathNot: '/routes\\.ts$' },
      to: { path: '^server/src/[^/]+/routes\\.ts$' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '/src/' },
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: "The example server imports a vendor's package, which exists where it is installed.",
      severity: 'error',
      from: { pathNot: '^verifier/example/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: "A workspace's sources import only what its own package.json declares.",
      severity: 'error',
      from: { path: '/src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-package',
      comment: 'Sources run without devDependencies.',
      severity: 'error',
      from: { path: '^(?:keys|server|sdk|verifier)/src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '^verifier/' },
    },
    ...doors,
  ],
  options: {
    doNotFollow: { path: 'node_modules|^[^/]+/dist/' },
    exclude: { path: '^[^/]+/dist(?:-new|-old)?/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['appwarrant-source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.json'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
