import { expect, test } from 'vitest';

import { appendAudit, auditHead } from '../../src/audit/append.ts';
import { AuditBroken, verifyAudit } from '../../src/audit/verify.ts';
import { transaction, type Db } from '../../src/database/database.ts';
import { onEachDatabase } from '../databases.ts';

async function act(db: Db, action: string): Promise<void> {
  const detail = { text: 'Größe "1"\n', list: [1, 2], none: null };
  await transaction(db, (tx) =>
    appendAudit(tx, { now: 1_800_000_000, actor: null, action, subject: 's', detail }),
  );
}

async function trail(db: Db, length: number): Promise<void> {
  for (let index = 1; index <= length; index += 1) await act(db, `act.${index}`);
}

async function brokenAt(attempt: Promise<unknown>): Promise<number | string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof AuditBroken) return error.seq;
    throw error;
  }
  return 'whole';
}

onEachDatabase('the audit trail', (fresh) => {
  test('an untouched trail verifies, and ends in the head', async () => {
    const db = await fresh();
    await trail(db, 3);
    expect(await verifyAudit(db)).toEqual({ acts: 3, head: await auditHead(db) });
  });

  test('an empty trail verifies', async () => {
    expect(await verifyAudit(await fresh())).toEqual({ acts: 0, head: '0'.repeat(64) });
  });

  test('a trail longer than one page verifies', async () => {
    const db = await fresh();
    await transaction(db, async (tx) => {
      for (let index = 0; index < 1003; index += 1) {
        await appendAudit(tx, { now: index, actor: null, action: 'a.b', subject: null });
      }
    });
    expect((await verifyAudit(db)).acts).toBe(1003);
  });

  const CHANGES = {
    at: '1970-01-01T00:00:00Z',
    actor: 'u-somebody',
    action: 'act.other',
    subject: 'other',
    detail: '{"text":"other"}',
    digest: 'f'.repeat(64),
  };
  test.each(Object.entries(CHANGES))('a changed %s shows at its act', async (column, value) => {
    const db = await fresh();
    await trail(db, 3);
    await db
      .updateTable('audit')
      .set({ [column]: value })
      .where('seq', '=', 2)
      .execute();
    expect(await brokenAt(verifyAudit(db))).toBe(2);
  });

  test('an act removed from the middle shows', async () => {
    const db = await fresh();
    await trail(db, 3);
    await db.deleteFrom('audit').where('seq', '=', 2).execute();
    expect(await brokenAt(verifyAudit(db))).toBe(2);
  });

  test('acts cut off at the end show against a published head', async () => {
    const db = await fresh();
    await trail(db, 3);
    const head = await auditHead(db);
    await db.deleteFrom('audit').where('seq', '=', 3).execute();
    expect((await verifyAudit(db)).acts).toBe(2);
    expect(await brokenAt(verifyAudit(db, [head]))).toBe(3);
  });

  test('an act is kept only with what it tells of', async () => {
    const db = await fresh();
    await trail(db, 1);
    const failing = transaction(db, async (tx) => {
      await appendAudit(tx, { now: 1, actor: null, action: 'act.lost', subject: null });
      throw new Error('the rule said no');
    });
    await expect(failing).rejects.toThrow('the rule said no');
    expect((await verifyAudit(db)).acts).toBe(1);
  });

  test('acts at the same time are chained one after the other', async () => {
    const db = await fresh();
    await Promise.all(Array.from({ length: 20 }, (_, index) => act(db, `act.${index}`)));
    expect((await verifyAudit(db)).acts).toBe(20);
  });
});
