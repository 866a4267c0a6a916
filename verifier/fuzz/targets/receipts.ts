import { isDeepStrictEqual } from 'node:util';
import { parseReceipt, readReceipt } from '../../src/cli/receipt/parse-receipt.ts';
import { readSignedBase } from '../../src/cli/receipt/signed-base.ts';
import { createChecker } from '../../src/http/check.ts';
import type { Receipt } from '../../src/http/receipt.ts';
import { createReplayTable } from '../../src/http/replay.ts';
import { parseJson } from '../../src/strict-json.ts';
import { corpus, deployment, origin, requests } from '../corpus.ts';
import { bytesTarget, demand, textTarget, type Target } from '../target.ts';

/** The receipts of the corpus' requests, as the verifier writes them. */
function receipts(): readonly Receipt[] {
  const { opened, world } = corpus();
  const key = Buffer.alloc(32, 7);
  const checker = createChecker({
    allowlist: () => opened.allowlist,
    origin,
    deployment,
    now: () => world.vendor.now * 1000,
    startedAt: null,
    replay: createReplayTable(key, 64),
    randomKey: key,
  });
  return requests().flatMap((request) => {
    const admission = checker.check(request);
    return admission.kind === 'app' ? [admission.receipt] : [];
  });
}

const packed = (receipt: Receipt): string => Buffer.from(JSON.stringify(receipt)).toString('base64url');

export const receiptTargets: readonly Target[] = [
  bytesTarget({
    name: 'receipt',
    parsers: ['cli/receipt/parse-receipt.readReceipt', 'cli/receipt/parse-receipt.parseReceipt'],
    words: [
      '"base":',
      '"versions":{',
      'appwarrant/receipt/1',
      '\\n',
      '\\"',
      'ey',
      '2026-11-22T00:00:00Z',
      '__proto__',
    ],
    seeds: () => receipts().flatMap((each) => [Buffer.from(JSON.stringify(each)), Buffer.from(packed(each))]),
    judge: (bytes) => {
      const receipt = readReceipt(bytes);
      const written = Buffer.from(JSON.stringify(receipt));
      demand(isDeepStrictEqual(readReceipt(written), receipt), 'is read again as it is written');
      demand(
        isDeepStrictEqual(readReceipt(Buffer.from(packed(receipt))), receipt),
        'is the same in base64url',
      );
      demand(isDeepStrictEqual(parseReceipt(parseJson(written, written.length)), receipt), 'is one value');
      demand(written.length <= 2 * bytes.length + 1024, 'holds no more than was given');
    },
  }),
  textTarget({
    name: 'signed-base',
    parsers: ['cli/receipt/signed-base.readSignedBase'],
    narrow: true,
    words: [
      '"@method": ',
      '"@target-uri": https://',
      '"@signature-params": (',
      '\n',
      '";created=',
      ';nonce="',
      '"cookie": ',
      '\\',
    ],
    seeds: () => receipts().map(({ base }) => base),
    judge: (base) => {
      const {
        method,
        origin: of,
        target,
        deployment: at,
        keyid,
        nonce,
        created,
        attestation,
      } = readSignedBase(base);
      const lines = base.split('\n');
      const has = (line: string): boolean => lines.filter((each) => each === line).length === 1;
      demand(has(`"@method": ${method}`), 'says its method once');
      demand(has(`"@target-uri": ${of}${target}`), 'says its address once');
      demand(has(`"appwarrant-deployment": ${at}`), 'says its deployment once');
      const last = lines.at(-1) ?? '';
      for (const part of [`;created=${String(created)}`, `;nonce="${nonce}"`, `;keyid="${keyid}"`])
        demand(last.includes(part), 'has its parameters in its last line');
      demand(
        lines.some((line) => line.startsWith('"oauth-client-attestation": ')) === (attestation !== null),
        'has an attestation where it says so',
      );
      const covered = [...last.matchAll(/"([^"]*)"(?=[ )])/g)]
        .slice(0, lines.length - 1)
        .map(([, name]) => name);
      demand(
        isDeepStrictEqual(
          lines.slice(0, -1).map((line) => /^"([^"]*)": /.exec(line)?.[1]),
          covered,
        ),
        'has its lines in their order',
      );
    },
  }),
];
