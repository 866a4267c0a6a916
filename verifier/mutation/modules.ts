// What is mutated, and by which tests: the core is what decides. A module is measured with its own tests alone, so a mutant that only
// some distant test would notice counts as survived: the figures are lower bounds.

export type Module = {
  readonly name: string;
  /** Source files and folders, from `verifier/`. */
  readonly mutate: readonly string[];
  /** Test files, from `verifier/`: fast ones, without builds, browsers or other processes. */
  readonly tests: readonly string[];
  /** Folders of vectors that are judged, too. */
  readonly vectors: readonly string[];
};

/** Without `limits`, which takes as long as all others together: the limits are the readers', and `bundle` and `tuf` measure those. */
const loading = ['test/load/!(limits).test.ts', 'test/open-bundle.test.ts', 'test/approval*.test.ts'];

export const modules: readonly Module[] = [
  {
    name: 'json',
    mutate: ['src/strict-json.ts', 'src/canonical.ts', 'src/base64url.ts', 'src/json.ts', 'src/attempt.ts'],
    tests: ['test/formats/{json,readers,encodings}.test.ts', 'test/load/targets-document.test.ts'],
    vectors: ['json'],
  },
  {
    name: 'values',
    mutate: ['src/time.ts', 'src/label.ts', 'src/origin.ts', 'src/digest.ts', 'src/ids.ts', 'src/jwk.ts'],
    tests: ['test/formats/{encodings,ids,limits,keys}.test.ts'],
    vectors: ['value', 'key'],
  },
  {
    name: 'crypto',
    mutate: ['src/crypto.ts'],
    tests: [
      'test/crypto.test.ts',
      'test/formats/{keys,limits}.test.ts',
      'test/approval.test.ts',
      'test/http/{signatures,check-async}.test.ts',
      'test/tuf.test.ts',
      'test/tuf/*.test.ts',
    ],
    vectors: ['key', 'approval', 'proof', 'attestation', 'request', 'load'],
  },
  {
    name: 'tuf',
    mutate: ['src/tuf/*.ts'],
    tests: [
      'test/tuf.test.ts',
      'test/tuf/*.test.ts',
      'test/load/{signatures,rollback,shape,targets-document}.test.ts',
    ],
    vectors: ['load'],
  },
  {
    name: 'merkle',
    mutate: ['src/merkle.ts', 'src/challenge.ts'],
    tests: ['test/formats/keys.test.ts', 'test/approval.test.ts'],
    vectors: ['inclusion'],
  },
  {
    name: 'approvals',
    mutate: ['src/approval.ts', 'src/roster.ts', 'src/signers-memo.ts'],
    tests: [
      'test/approval*.test.ts',
      'test/formats/{complete-values,document-limits,rosters}.test.ts',
      'test/load/{entries,license,remembered-signers}.test.ts',
    ],
    vectors: ['approval', 'approvals', 'policy'],
  },
  {
    name: 'statements',
    mutate: ['src/statement.ts', 'src/custom.ts', 'src/judge-statement.ts', 'src/revocation.ts'],
    tests: [
      'test/approval*.test.ts',
      'test/formats/{complete-values,document-limits,what-entries-say}.test.ts',
      'test/load/{entries,grants,license,revocations,covers,remembered-signers}.test.ts',
    ],
    vectors: ['statement', 'revocation', 'approvals'],
  },
  {
    name: 'bundle',
    mutate: ['src/bundle.ts', 'src/bundle-files.ts', 'src/anchor.ts', 'src/shape.ts'],
    tests: [
      'test/formats/anchor.test.ts',
      'test/load/{bundle-index,repository-shape,shape,license,rollback}.test.ts',
    ],
    vectors: ['load', 'policy'],
  },
  {
    name: 'opening',
    mutate: [
      'src/open-*.ts',
      '!src/open-verifier.ts',
      '!src/open-replay.ts',
      'src/partner-entries.ts',
      'src/scan-entry.ts',
      'src/customer-role.ts',
    ],
    tests: loading,
    vectors: ['load'],
  },
  {
    name: 'verdicts',
    mutate: [
      'src/{floor,floor-of-both,kept-in-floor}.ts',
      'src/entry-table.ts',
      'src/key-index.ts',
      'src/newest-first.ts',
      'src/allowlist-of.ts',
      'src/freshness.ts',
    ],
    tests: [
      'test/load/{floor,rollback,revocations,entries,entry-table,grants,license,key-index,unchanged}.test.ts',
    ],
    vectors: ['load', 'floor', 'freshness', 'request'],
  },
  {
    name: 'clock',
    mutate: ['src/clock.ts'],
    tests: ['test/state/clock.test.ts'],
    vectors: ['request', 'load'],
  },
  {
    name: 'http-syntax',
    mutate: [
      'src/http/structured-fields.ts',
      'src/http/base64.ts',
      'src/http/proof.ts',
      'src/http/scan-proof.ts',
      'src/http/native-base64.ts',
      'src/http/signature-base.ts',
      'src/http/header-fields.ts',
      'src/http/request-target.ts',
      'src/http/request-head.ts',
      'src/http/digest-fields.ts',
      'src/http/ecdsa-der.ts',
      'src/http/challenge-token.ts',
    ],
    tests: ['test/http/{check,limits,scan-proof,structured-fields,request-target,signatures,replay}.test.ts'],
    vectors: ['proof', 'request', 'value'],
  },
  {
    name: 'attested',
    mutate: ['src/http/attestation.ts', 'src/http/attestation-memo.ts', 'src/http/judge-attestation.ts'],
    tests: ['test/http/{attest*,check-async,async-vectors}.test.ts'],
    vectors: ['attestation', 'request'],
  },
  {
    name: 'http-decision',
    mutate: [
      'src/http/{check,check-async,pending,presented,request-judge,proof-signature,verify-within}.ts',
      'src/http/{cookie-cover,whole-body,coverage,window,grants,admission}.ts',
    ],
    tests: [
      'test/http/{admission,heads,faults,flood,check,check-async,async-vectors,challenge-once,limits,window}.test.ts',
      'test/http/site-over-bundles.test.ts',
    ],
    vectors: ['request', 'proof'],
  },
  {
    name: 'replay',
    mutate: ['src/http/replay.ts'],
    tests: ['test/http/{replay,check,check-async}.test.ts'],
    vectors: ['request'],
  },
  {
    name: 'stores',
    mutate: ['src/replay-store/{ask-store,shared-table,local-store,threads}.ts'],
    tests: ['test/http/check-async.test.ts', 'test/replay-store/{ask-store,shared-table}.test.ts'],
    vectors: [],
  },
  {
    name: 'forgeries',
    mutate: ['src/http/{forgery-limit,network}.ts', 'src/forget-first.ts'],
    tests: ['test/load-limits/{forgery-limit,network}.test.ts', 'test/http/{forgeries,check}.test.ts'],
    vectors: ['proof'],
  },
];

/** What is not mutated, and why: it decides nothing, or is seen in ways in which no mutant can be run thousands of times. */
export const unmeasured: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'src/cli/**/*.ts': 'tells people what the core decided',
    'src/sidecar/**/*.ts': 'speaks HTTP: tested over sockets, with real proxies',
    'src/{cli,index,formats,formats-browser,allowlist,http/unverified-proof,http/checker}.ts':
      'starts, exports or names types',
    'src/{reasons,refused}.ts': 'is words for people, and the error that carries them',
    'src/{duration,fingerprint,installed-page,status}.ts': 'writes for people',
    'src/{observe,verdict,log-line,metrics,metrics/*,http/redacted-head,http/tell-refusals}.ts':
      'tells what was decided, after it was',
    'src/replay-store/{redis,claim-script,cluster,replay-store}.ts':
      'asks other processes: tested with real ones',
    'src/deferred.ts': 'a promise and what settles it, as JavaScript has them',
    'src/detached.ts':
      'copies: a mutant copies nothing, and what then stays in memory is tested with whole bundles',
    'src/{deployment-id,deployment-key,folder-claim,folder-lock,installed-anchor,installed-files,look-at-state,open-replay,open-verifier,state-folder,store}.ts':
      'reads and writes files: tested with disks, crashes and processes, which take seconds',
    'src/adapters/**/*.ts': 'speaks HTTP: tested over sockets',
    'src/{self-test,self-test/*}.ts': 'tells people what it found, and decides nothing',
    'src/http/{browser-access,problem,receipt,request-body,stream-body}.ts':
      'speaks HTTP: tested over sockets',
    'src/http/{admissions,drain-body,end-connection,node-answer,node-fault,node-guard,node-request,node-upgrade,protect-options,session-app,tell-refusals,verdict-field}.ts':
      'speaks HTTP: tested over sockets',
    'src/http/{explain,explain-logged,step-words}.ts': 'tells people what the core decided',
  }),
);
