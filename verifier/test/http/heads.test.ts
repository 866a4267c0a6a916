import { describe, expect, test } from 'vitest';
import { digestField, newNonce } from './sign.ts';
import { expectRefused, grantOf, makeSite } from './site.ts';

// What a head says by itself: that a body is there, what has to be covered, and who passes by a grant.

const least = ['@method', '@target-uri', 'appwarrant-deployment'];

describe('A head', () => {
  test('announces a body by its digest alone, too', () => {
    const { checker, sign } = makeSite();
    const headers: readonly (readonly [string, string])[] = [['Content-Digest', digestField('')]];
    const head = (cover: readonly string[], more: typeof headers = []) =>
      checker.checkHead(sign({ headers: [...headers, ...more], cover, nonce: newNonce() }));
    expect(head([...least, 'content-digest']).hasBody).toBe(true);
    expect(checker.checkHead(sign({ cover: least, nonce: newNonce() })).hasBody).toBe(false);
    const type = [['Content-Type', 'text/plain']] as const;
    expectRefused(() => head([...least, 'content-digest'], type), 'proof_coverage');
    expect(head([...least, 'content-digest', 'content-type'], type).hasBody).toBe(true);
  });

  test('covers the digest of a credential wherever it stands', () => {
    const { checker, sign } = makeSite();
    const headers = [['Authorization-Digest', digestField('x')]] as const;
    expectRefused(() => checker.checkHead(sign({ headers, cover: least })), 'proof_coverage');
  });

  test('that a grant lets pass is proved by nothing else', () => {
    const site = makeSite();
    site.state.monitor = grantOf('monitor');
    const pending = site.checker.checkHead({ method: 'GET', target: '/', headers: [] });
    expect(pending.hasBody).toBe(false);
    expect(pending.proved()).toMatchObject({ kind: 'monitored', refused: { code: 'proof_missing' } });
  });
});
