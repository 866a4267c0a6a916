import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { Refused } from '../../src/refused.ts';
import { makeSite } from './site.ts';

// Whatever arrives, the check admits it or throws a `Refused`: nothing else, and never an admission of what was not signed.

function verdict(work: () => { readonly kind: string }): string {
  try {
    return work().kind;
  } catch (error) {
    if (error instanceof Refused) return 'refused';
    throw error;
  }
}

describe('the check of requests', () => {
  const { checker, sign } = makeSite();

  it('refuses a signed request of which one character was changed, dropped or added anywhere', () => {
    let site = makeSite();
    let judged = 0;
    const where = fc.record({
      field: fc.nat(),
      at: fc.nat(),
      bit: fc.nat({ max: 6 }),
      how: fc.constantFrom('flip', 'cut', 'add'),
    });
    fc.assert(
      fc.property(where, ({ field, at, bit, how }) => {
        // One checker looks at so many forgeries and no more (SPEC §10.12).
        if ((judged += 1) % 200 === 0) site = makeSite();
        const good = site.sign({
          method: 'POST',
          headers: [
            ['Content-Type', 'application/json'],
            ['Authorization', 'Bearer user'],
            ['Cookie', 'a=b'],
          ],
          body: '{"n":1}',
        });
        const index = field % good.headers.length;
        const [name, value] = good.headers[index] ?? ['', ''];
        const position = at % value.length;
        const flipped = String.fromCharCode(value.charCodeAt(position) ^ (1 << bit));
        const changed = {
          flip: value.slice(0, position) + flipped + value.slice(position + 1),
          cut: value.slice(0, position),
          add: `${value.slice(0, position)}A${value.slice(position)}`,
        }[how];
        const request = { ...good, headers: good.headers.with(index, [name, changed ?? '']) };
        // Only white space around a value, and the label that both proof fields carry, mean nothing.
        if (changed?.trim() === value) return;
        expect(verdict(() => site.checker.check(request))).toBe('refused');
      }),
      { numRuns: 1500 },
    );
  });

  it('refuses a signed request with another method, target or body', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.uint8Array({ minLength: 1 }), (method, target, body) => {
        const good = sign({ method: 'POST', body: 'a body of another length' });
        expect(verdict(() => checker.check({ ...good, method }))).toBe('refused');
        expect(verdict(() => checker.check({ ...good, target: `/${target}` }))).toBe('refused');
        expect(verdict(() => checker.check({ ...good, body }))).toBe('refused');
      }),
    );
  });

  it('refuses any other request', () => {
    const names = fc.constantFrom(
      'Signature',
      'Signature-Input',
      'Content-Digest',
      'AppWarrant-Deployment',
      'Content-Length',
      'X',
    );
    const header = fc.tuple(
      fc.oneof(names, fc.string()),
      fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
    );
    const request: fc.Arbitrary<RequestToCheck> = fc.record({
      method: fc.oneof(fc.constant('GET'), fc.string()),
      target: fc.oneof(fc.constant('/'), fc.string()),
      headers: fc.array(header, { maxLength: 6 }),
      body: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(request, (value) => {
        expect(verdict(() => checker.check(value))).toBe('refused');
        expect(verdict(() => checker.checkHead(value).finish(new Uint8Array(32)))).toBe('refused');
      }),
      { numRuns: 1000 },
    );
  });
});
