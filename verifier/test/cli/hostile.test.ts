import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotUnderstood } from '../../src/cli/arguments.ts';
import { run, type Written } from '../../src/cli/main.ts';
import { columns, fold, jsonText, visible } from '../../src/cli/output.ts';
import { readSavedRequest } from '../../src/cli/saved-request.ts';
import { canonical, readBundle, writeFloor } from '../../src/formats.ts';
import { explain } from '../../src/http/explain.ts';
import { bundleNow, openAt, tellStory } from '../compose/story.ts';
import { anchorOf } from '../compose/vendor.ts';
import { expectConsistent } from '../http/explained-checker.ts';
import { deployment, makeSite, origin, start } from '../http/site.ts';
import { temporaryFolder } from '../state/site.ts';

// Whatever a file holds: the commands end in sentences, and nothing of it reaches the terminal that a terminal would obey.

const hostile = fc.string({ unit: 'binary', maxLength: 300 });

/** Bytes of a file with something changed, cut off or put in between. */
function damaged(files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    file: fc.nat({ max: files.length - 1 }),
    at: fc.nat(),
    bytes: fc.uint8Array({ maxLength: 8 }),
    drop: fc.nat({ max: 16 }),
    end: fc.boolean(),
  });
  return change.map(({ file, at, bytes, drop, end }) => {
    const whole = Buffer.from(files[file] ?? []);
    const place = at % (whole.length + 1);
    return Buffer.concat([
      whole.subarray(0, place),
      bytes,
      end ? Buffer.alloc(0) : whole.subarray(place + drop),
    ]);
  });
}

function expectHarmless({ out, err, exit }: Written): void {
  expect([0, 1, 2]).toContain(exit);
  expect(out + err).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\n]/u);
  expect(err).not.toContain('fault of the program');
}

describe('inspect', () => {
  const story = tellStory();
  const bundle = bundleNow(story);
  const files = [
    bundle,
    ...[...readBundle(bundle).files.values()].map((file) => file.bytes()),
    writeFloor(openAt(story, bundle).nextFloor),
    canonical({ type: 'appwarrant/anchor/1', anchor: anchorOf(story.vendor) }),
    Buffer.from('{"type":"urn:appwarrant:rollback","title":"Older","detail":"x"}'),
    Buffer.from('eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJwIn0.AAAA'),
  ];
  const file = join(temporaryFolder(), 'hostile');

  test('ends in sentences, whatever was changed in a file', async () => {
    writeFileSync(file, '');
    await fc.assert(
      fc.asyncProperty(damaged(files), fc.boolean(), async (bytes, json) => {
        writeFileSync(file, bytes);
        const done = await run(['inspect', file, ...(json ? ['--json'] : [])], () => undefined);
        expectHarmless(done);
        if (json) expect(JSON.parse(done.out)).not.toMatchObject({ code: 'fault' });
      }),
      { numRuns: 400 },
    );
  });
});

describe('explain', () => {
  const { allowlist, sign } = makeSite();
  const saved = ((): Uint8Array[] => {
    const { method, target, headers, body } = sign({
      method: 'POST',
      headers: [['Cookie', 'a=b']],
      body: 'body',
    });
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return [
      Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n${Buffer.from(body ?? []).toString()}`),
      Buffer.from('PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n'),
      Buffer.from(
        JSON.stringify({ method, target, headers, body: Buffer.from(body ?? []).toString('base64') }),
      ),
    ];
  })();

  test('takes a file for a saved request or says that it is none, and explains whatever it took', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof(damaged(saved), fc.uint8Array()), (bytes) => {
        let request;
        try {
          ({ request } = readSavedRequest(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(NotUnderstood);
          return;
        }
        taken += 1;
        expectConsistent(explain(request, { allowlist, origin, deployment }, start));
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test('reads a long chunked body in one pass', () => {
    const chunks = '1\r\na\r\n'.repeat(200_000);
    const { request } = readSavedRequest(
      Buffer.from(`PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`),
    );
    expect(request.body).toHaveLength(200_000);
  });
});

describe('What is printed', () => {
  test('shows control, format and direction characters as what they are', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const line of [visible(text), ...fold(text, 4), ...columns([[text, text, text]])]) {
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        }
      }),
    );
  });

  test('says the same as JSON as without the escapes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), hostile, (value, text) => {
        const object = { value, text };
        const printed = jsonText(object);
        expect(printed).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]|[^\P{Cc}\n]/u);
        expect(JSON.parse(printed)).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });

  test('is folded at a hundred characters, between words', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(words, fc.nat({ max: 20 }), (list, indent) => {
        const lines = fold(list.join(' '), indent);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
        expect(lines.map((line) => line.trim()).join(' ')).toBe(list.join(' '));
      }),
    );
  });
});
