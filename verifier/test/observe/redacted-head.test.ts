import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactHead, redactTarget, standIn } from '../../src/http/redacted-head.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { verdictLine } from '../../src/log-line.ts';
import { reasonCodes, type ReasonCode } from '../../src/reasons.ts';
import { Refused } from '../../src/refused.ts';
import { digestField, makeKey, newNonce } from '../http/sign.ts';
import { signNow } from '../tricks/honest.ts';
import { watch } from './watched.ts';

const headersOf = (headers: readonly (readonly [string, string])[]) =>
  redactHead({ method: 'GET', target: '/', headers }, 'proof_missing').headers;

describe('What a log may hold of a request', () => {
  test('is what the check reads, and of all else the names and lengths', () => {
    expect(
      headersOf([
        ['Host', 'erp.example'],
        ['Content-Type', 'application/json'],
        ['Content-Length', '12'],
        ['Signature-Input', 'app=("@method");keyid="a"'],
        ['Authorization', 'Bearer secret'],
        ['Cookie', 'session=secret'],
        ['X-Api-Key', 'secret'],
        ['Proxy-Authorization', 'Basic secret'],
        ['X-Name', 'Zo\u00eb'],
        ['X-Odd', 'a\u0001b'],
      ]),
    ).toEqual([
      ['Host', 'erp.example'],
      ['Content-Type', 'application/json'],
      ['Content-Length', '12'],
      ['Signature-Input', 'app=("@method");keyid="a"'],
      ['Authorization', { length: 13, holds: 'ASCII' }],
      ['Cookie', { length: 14, holds: 'ASCII' }],
      ['X-Api-Key', { length: 6, holds: 'ASCII' }],
      ['Proxy-Authorization', { length: 12, holds: 'ASCII' }],
      ['X-Name', { length: 3, holds: 'characters beyond ASCII' }],
      ['X-Odd', { length: 3, holds: 'control characters' }],
    ]);
  });

  test('is of signatures and digests the form, from which nothing can be guessed', () => {
    const none = `sha-256=:${'A'.repeat(43)}=:`;
    expect(
      headersOf([
        ['Signature', `app=:${randomBytes(64).toString('base64')}:`],
        ['Authorization-Digest', digestField('Basic YWRtaW46YWRtaW4=')],
        ['Cookie-Digest', digestField('session=1')],
        ['Content-Digest', `${digestField('{"patient":7}')}, sha-512=:/+0=:`],
        ['Authorization-Digest', 'Bearer secret'],
        ['Signature', 'app="secret"'],
      ]),
    ).toEqual([
      ['Signature', `app=:${'A'.repeat(86)}==:`],
      ['Authorization-Digest', none],
      ['Cookie-Digest', none],
      ['Content-Digest', `${none}, sha-512=:AAA=:`],
      ['Authorization-Digest', { length: 13, holds: 'ASCII' }],
      ['Signature', { length: 12, holds: 'ASCII' }],
    ]);
  });

  test.each([
    ['/orders/7', '/orders/7'],
    ['/orders?open=1&patient=Miller', '/orders?open=x&patient=xxxxxx'],
    ['/o?secret', '/o?xxxxxx'],
    ['/o?a=b%20c+d&e=%C3%A9', '/o?a=x%xxx+x&e=%xx%xx'],
    ['/o;jsessionid=0123;b/c', '/o;jsessionid=xxxx;x/c'],
    ['/o?q=a;b=c', '/o?q=x;b=x'],
    ['/o#secret', '/o#xxxxxx'],
    ['/a b\u00e9\u001b[1m', '/a\ufffdb\ufffd\ufffd[1m'],
    ['https://user:secret@host/path', 'xxxxx://xxxx:xxxxxx@xxxx/xxxx'],
    ['*', '*'],
    ['', ''],
  ])('of the target %s is %s', (target, redacted) => {
    expect(redactTarget(target)).toBe(redacted);
  });

  test('is bounded, whatever is sent', () => {
    const long = 'a'.repeat(60_000);
    const request = {
      method: long,
      target: `/${long}`,
      headers: Array.from({ length: 5_000 }, (_, i): [string, string] => [
        'Signature-Input',
        `${String(i)}=${'('.repeat(50)}`,
      ]),
    };
    const head = redactHead(request, 'too_large');
    expect(head.method).toBe('(malformed)');
    expect(head.targetLength).toBe(60_001);
    expect(head.leftOut.fields).toBe(4_900);
    expect(JSON.stringify(head).length).toBeLessThan(24_576);
    const one = redactHead({ ...request, headers: [[long, long]] }, 'too_large');
    expect(JSON.stringify(one).length).toBeLessThan(24_576);
    expect(standIn(head).target).toHaveLength(60_001);
  });

  test('is there for whatever was given for a request', () => {
    for (const value of [undefined, null, 5, {}, [], [null], [['a']], [[1, 2]]])
      expect(() =>
        redactHead(
          { method: value, target: value, headers: value } as unknown as RequestToCheck,
          'header_malformed',
        ),
      ).not.toThrow();
  });
});

describe('No line of a log', () => {
  const secretText = fc.string({
    minLength: 12,
    maxLength: 40,
    unit: fc.constantFrom(...Array.from('ABCDEFGHJKMNPQRSTUVWYZ0123456789')),
  });

  test('holds a value of a query, a credential, a field that the check does not read, or a body', () => {
    fc.assert(
      fc.property(
        secretText.map((text) => `Q${text}`),
        fc.constantFrom(...reasonCodes),
        fc.constantFrom(
          'Authorization',
          'Cookie',
          'X-Token',
          'Set-Cookie',
          'Authorization-Digest',
          'Signature',
          'Content-Digest',
        ),
        (secret, code: ReasonCode, name) => {
          const request = {
            method: 'POST',
            target: `/orders;token=${secret}?token=${secret}&${secret}#${secret}`,
            headers: [
              [name, secret],
              [name, `app=:${secret}:`],
              [name, `Bearer ${secret}`],
              [name, `sha-256="${secret}"`],
            ] as const,
            body: Buffer.from(secret),
          };
          expect(JSON.stringify(redactHead(request, code))).not.toContain(secret);
        },
      ),
    );
  });

  test('can be made into a request that is admitted', () => {
    const { site, verifier, told } = watch();
    const key = makeKey();
    const nonce = newNonce();
    const attempts = [
      signNow(site, { key }),
      signNow(site, { target: '/orders' }),
      { ...signNow(site, { target: '/orders' }), target: '/other' },
      signNow(site, { method: 'POST', body: '{}', headers: [['Authorization', 'Bearer secret']] }),
      { ...signNow(site, { method: 'POST', body: '{}' }), body: Buffer.from('[]') },
      signNow(site, { nonce }),
      signNow(site, { nonce }),
      signNow(site, { created: Math.floor(Date.now() / 1000) + 31 }),
    ];
    for (const request of attempts) {
      try {
        verifier.check(request);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
    const heads = told.flatMap(({ request }) => (request === null ? [] : [request]));
    expect(heads.length).toBeGreaterThan(3);
    for (const head of heads)
      for (const body of [undefined, Buffer.from('{}'), Buffer.from('[]')])
        expect(() => verifier.check({ ...standIn(head), ...(body && { body }) })).toThrow(Refused);
    // Nor is there any signature in it: 86 characters of base64 that are not all one.
    const lines = told.map(verdictLine);
    for (const line of lines) expect(line.match(/=:(?!A+=*:)[A-Za-z0-9+/]{20,}/)).toBeNull();
    for (const line of lines) expect(line).not.toContain('secret');
  });

  test('moves a cursor, turns a text around, or ends before its end', () => {
    const { verifier, told } = watch();
    const odd = '\u001b[2J\u009b\u202e\u2028\u2029\u0085\u0000\r\n{"type":"appwarrant/verdict/1"}';
    for (const request of [
      { method: odd, target: odd, headers: [[odd, odd]] as const },
      {
        method: 'GET',
        target: `/${odd}`,
        headers: [
          ['Host', odd],
          ['Content-Type', odd],
        ] as const,
      },
    ])
      expect(() => verifier.check(request)).toThrow(Refused);
    for (const verdict of told) {
      const line = verdictLine({ ...verdict, partner: { id: odd, name: odd } });
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(JSON.parse(line)).toMatchObject({ type: 'appwarrant/verdict/1', partner: { name: odd } });
    }
  });
});
