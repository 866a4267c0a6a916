import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import { digestField, withHeader, type ToSign } from '../http/sign.ts';
import { headOf, parseAnswers } from '../http/socket.ts';
import { contentOf, makeSite, nextBundle, start, type Site } from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';
import { bundleFile, refusedTrick, signNow } from './honest.ts';
import { startProcess, type ServerProcess } from './start-process.ts';

function running(): { site: Site; verifier: Verifier } {
  const site = makeSite();
  const verifier = start(site);
  verifier.load(nextBundle(site));
  return { site, verifier };
}

const post = (site: Site, to: Partial<ToSign> = {}): RequestToCheck =>
  signNow(site, { method: 'POST', target: '/orders', body: 'the body that was signed', ...to });
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();
const mebibyte = 1024 * 1024;
const tenGigabytes = String(10 * 1024 ** 3);

describe('The owner', () => {
  test('sends a body that differs from its digest', () => {
    const { site, verifier } = running();
    const signed = post(site);
    const { length } = signed.body as Uint8Array;
    // Of the same length, so that nothing else gives it away; then with a digest that fits; then by another algorithm.
    const other = Buffer.alloc(length, 'x');
    refusedTrick('digest_mismatch', site, () => verifier.check({ ...signed, body: other }));
    refusedTrick('digest_mismatch', site, () => verifier.checkHead(signed).finish(sha256(other)));
    const refitted = withHeader(signed, 'Content-Digest', digestField(other));
    refusedTrick('signature_invalid', site, () => verifier.check({ ...refitted, body: other }));
    const foreign = `sha-512=:${createHash('sha512').update(other).digest('base64')}:`;
    for (const value of [foreign, `${foreign}, md5=:${'A'.repeat(22)}==:`])
      refusedTrick('proof_malformed', site, () =>
        verifier.check({ ...withHeader(signed, 'Content-Digest', value), body: other }),
      );
    // Cut short, drawn out, left out, and given to a request that was signed without one.
    for (const body of [other.subarray(1), Buffer.concat([other, other]), Buffer.alloc(0)])
      refusedTrick('body_incomplete', site, () => verifier.check({ ...signed, body }));
    const { body: _body, ...without } = signed;
    refusedTrick('body_incomplete', site, () => verifier.check(without));
    refusedTrick('digest_mismatch', site, () => verifier.checkHead(signed).finish(sha256('')));
    refusedTrick('digest_mismatch', site, () => verifier.check({ ...signNow(site), body: other }));
    expect(verifier.check(signed).kind).toBe('app');
  });

  test('sends the body chunked', () => {
    const { site, verifier } = running();
    const headers = [['Transfer-Encoding', 'chunked']] as const;
    const signed = post(site, { headers });
    refusedTrick('digest_mismatch', site, () => verifier.check({ ...signed, body: Buffer.from('another') }));
    refusedTrick('digest_mismatch', site, () => verifier.checkHead(signed).finish(sha256('another')));
    const { body: _body, ...without } = signed;
    refusedTrick('body_incomplete', site, () => verifier.check(without));
    // What one program reads to the last chunk and another to the announced length is nobody's request.
    for (const [name, value] of [
      ['Content-Length', '24'],
      ['Content-Length', '0'],
      ['Transfer-Encoding', 'gzip, chunked'],
      ['Transfer-Encoding', 'identity'],
    ] as const)
      refusedTrick('framing_ambiguous', site, () => verifier.check(withHeader(signed, name, value)));
    // How the bytes came is not signed: chunks made of a length, or a length of chunks, are the same body.
    expect(verifier.check(signed).kind).toBe('app');
    const announced = withHeader(post(site), 'Content-Length', undefined);
    expect(verifier.check(withHeader(announced, 'Transfer-Encoding', 'chunked')).kind).toBe('app');
  });

  test('sends the body compressed', () => {
    const { site, verifier } = running();
    const packed = gzipSync('the body that was signed');
    const encoded = post(site, { headers: [['Content-Encoding', 'gzip']], body: packed });
    // Unpacked on the way: whatever is done to the fields, it is not what was signed.
    const body = gunzipSync(packed);
    const unpacked = { ...withHeader(encoded, 'Content-Length', String(body.length)), body };
    refusedTrick('digest_mismatch', site, () => verifier.check(unpacked));
    refusedTrick('proof_coverage', site, () =>
      verifier.check(withHeader(unpacked, 'Content-Encoding', undefined)),
    );
    refusedTrick('signature_invalid', site, () =>
      verifier.check(withHeader(unpacked, 'Content-Digest', digestField(body))),
    );
    // Packed on the way.
    const bare = post(site);
    const length = String(packed.length);
    const repacked = { ...withHeader(bare, 'Content-Length', length), body: packed };
    refusedTrick('digest_mismatch', site, () => verifier.check(repacked));
    refusedTrick('proof_coverage', site, () =>
      verifier.check(withHeader(repacked, 'Content-Encoding', 'gzip')),
    );
    // The verifier unpacks nothing: what counts are the bytes that were sent, and a body can grow in no hands of its.
    const bomb = gzipSync(Buffer.alloc(64 * mebibyte));
    const growing = post(site, { headers: [['Content-Encoding', 'gzip']], body: bomb });
    expect(verifier.check(growing).kind).toBe('app');
    for (const request of [encoded, bare]) expect(verifier.check(request).kind).toBe('app');
  });

  test('sends the body without a length', async () => {
    const { site, verifier } = running();
    // At a caller that has the body at hand nothing is lost: it is the one that was signed, or it is refused.
    const bare = withHeader(post(site), 'Content-Length', undefined);
    refusedTrick('digest_mismatch', site, () => verifier.check({ ...bare, body: Buffer.from('another') }));
    const { body: _body, ...without } = bare;
    refusedTrick('digest_mismatch', site, () => verifier.check(without));
    for (const value of ['', '-1', '24, 24', '2e1', '0x18', '+24', '9'.repeat(16)])
      refusedTrick('framing_ambiguous', site, () =>
        verifier.check(withHeader(post(site), 'Content-Length', value)),
      );
    expect(verifier.check(bare).kind).toBe('app');

    // In HTTP/1.1 a request without a length has no body: the bytes behind it are taken for the next request, which they are not.
    const other = makeSite();
    await using server = await serving(other);
    const request = withHeader(post(other), 'Content-Length', undefined);
    const { answers } = await pour(server.port, request, [request.body as Uint8Array]);
    expect(answers).not.toEqual([]);
    for (const { status } of answers) expect([400, 401]).toContain(status);
    expect(await server.process.check(post(other))).toMatchObject({ ok: { kind: 'app' } });
  });

  test('sends a body of 10 GB', async () => {
    const site = makeSite();
    await using server = await serving(site);
    const digest = ['Content-Digest', digestField('anything')] as const;
    const announced = ['Content-Length', tenGigabytes] as const;
    const chunked = ['Transfer-Encoding', 'chunked'] as const;
    const folder = contentOf(site.folder);
    const before = Number(await server.process.get({ kind: 'memory' }));
    const cases: readonly (readonly [code: string, request: RequestToCheck, body: Iterable<Uint8Array>])[] = [
      // Announced: refused before a byte of it is read. In chunks: as soon as there is too much. Unsigned: before anything else.
      ['too_large', signNow(site, { method: 'POST', headers: [announced, digest] }), pieces()],
      ['too_large', signNow(site, { method: 'POST', headers: [chunked, digest] }), chunks(pieces())],
      ['proof_missing', { method: 'POST', target: '/', headers: [announced] }, pieces()],
      ['proof_missing', { method: 'POST', target: '/', headers: [chunked] }, chunks(pieces())],
    ];
    for (const [code, request, body] of cases) {
      const { sent, answers } = await pour(server.port, request, body);
      expect(answers[0]?.body).toContain(`"code":"${code}"`);
      expect(sent, code).toBeLessThan(64 * mebibyte);
    }
    // Where a server digests a body as it comes, nothing is held but the digest.
    const streamed = signNow(site, { method: 'POST', headers: [announced, digest] });
    const sent = { ...streamed, body: null };
    expect(await server.process.tell({ kind: 'stream', request: sent, mebibytes: 256 })).toMatchObject({
      refused: 'digest_mismatch',
    });
    expect(contentOf(site.folder)).toEqual(folder);
    const after = Number(await server.process.get({ kind: 'memory' }));
    expect((after - before) / mebibyte).toBeLessThan(100);
    expect(await server.process.check(post(site))).toMatchObject({ ok: { kind: 'app' } });
  });
});

/** The server of a site in a process of its own, with its first bundle, listening. */
async function serving(site: Site): Promise<{ port: number; process: ServerProcess } & AsyncDisposable> {
  const server = await startProcess(site, makePackage(site.vendor));
  await server.get({ kind: 'open' });
  await server.get({ kind: 'load', file: bundleFile(site) });
  const port = Number(await server.get({ kind: 'serve' }));
  return { port, process: server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function* pieces(): Iterable<Uint8Array> {
  const piece = Buffer.alloc(mebibyte);
  for (let i = 0; i < 10 * 1024; i += 1) yield piece;
}

function* chunks(of: Iterable<Uint8Array>): Iterable<Uint8Array> {
  for (const piece of of) {
    yield Buffer.from(`${piece.length.toString(16)}\r\n`);
    yield piece;
    yield Buffer.from('\r\n');
  }
}

/** Sends a head, and then one piece after the other, until there is an answer; tells how many bytes of the body went out. */
function pour(
  port: number,
  request: RequestToCheck,
  body: Iterable<Uint8Array>,
): Promise<{ sent: number; answers: ReturnType<typeof parseAnswers> }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const iterator = body[Symbol.iterator]();
    let sent = 0;
    let text = '';
    const more = (): void => {
      while (text === '') {
        const { done, value } = iterator.next();
        if (done === true) return;
        sent += value.length;
        if (!socket.write(value)) return;
      }
    };
    socket.on('drain', more);
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1');
      if (/\}$|\r\n\r\n$/.test(text)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ sent, answers: parseAnswers(text) }));
    socket.write(headOf(request).replace('Connection: close\r\n', ''), more);
  });
}
