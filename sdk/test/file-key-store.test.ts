import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fileKeyStore, filePins } from '../src/file-key-store.ts';
import { generateKey } from '../src/index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appwarrant-sdk-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a key file', () => {
  test('that is not there is no key, and no error', async () => {
    expect(await fileKeyStore(join(folder, 'none.json')).load()).toBeNull();
  });

  test('is made with its folder, readable by its owner only, and loads again', async () => {
    const path = join(folder, 'deep', 'er', 'key.json');
    const key = await generateKey({ extractable: true });
    await fileKeyStore(path).save(key);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await fileKeyStore(path).load())?.keyId).toBe(key.keyId);
  });

  test('is never overwritten', async () => {
    const path = join(folder, 'once.json');
    await fileKeyStore(path).save(await generateKey({ extractable: true }));
    const before = await readFile(path, 'utf8');
    await expect(fileKeyStore(path).save(await generateKey({ extractable: true }))).rejects.toMatchObject({
      code: 'key_exists',
    });
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test('cannot take a key that WebCrypto keeps', async () => {
    await expect(fileKeyStore(join(folder, 'kept.json')).save(await generateKey())).rejects.toMatchObject({
      code: 'key_unusable',
    });
  });

  test('that everybody on the machine may read is refused', async () => {
    const path = join(folder, 'open.json');
    await fileKeyStore(path).save(await generateKey({ extractable: true }));
    await chmod(path, 0o604);
    await expect(fileKeyStore(path).load()).rejects.toMatchObject({ code: 'key_unusable' });
    await chmod(path, 0o640);
    expect(await fileKeyStore(path).load()).not.toBeNull();
  });

  test('that is damaged is refused without showing what it holds', async () => {
    const path = join(folder, 'torn.json');
    await writeFile(path, '{"d":"very-secret', { mode: 0o600 });
    const error = await fileKeyStore(path)
      .load()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'key_unusable' });
    expect((error as Error).cause).toBeUndefined();
    expect(String(error)).not.toContain('very-secret');
  });

  test('where a folder lies cannot be read or written', async () => {
    const path = join(folder, 'folder.json');
    await mkdir(path);
    await expect(fileKeyStore(path).load()).rejects.toMatchObject({ code: 'store_failed' });
    await expect(
      fileKeyStore(join(path, '..', 'once.json', 'key.json')).save(await generateKey({ extractable: true })),
    ).rejects.toMatchObject({ code: 'store_failed' });
  });
});

describe('a file of pins', () => {
  test('keeps each origin its own deployment', async () => {
    const path = join(folder, 'pins.json');
    expect(await filePins(path).read('https://a.example')).toBeNull();
    await filePins(path).write('https://a.example', 'A'.repeat(43));
    await filePins(path).write('https://b.example', 'B'.repeat(43));
    expect(await filePins(path).read('https://a.example')).toBe('A'.repeat(43));
    expect(await filePins(path).read('https://b.example')).toBe('B'.repeat(43));
    expect(await filePins(path).read('toString')).toBeNull();
  });

  test('that is damaged is an error, not a reason to trust the next answer', async () => {
    const path = join(folder, 'damaged.json');
    await writeFile(path, '{"https://a.example":');
    await expect(filePins(path).read('https://a.example')).rejects.toMatchObject({ code: 'store_failed' });
  });

  test('with something else than a text for an origin is an error, too', async () => {
    const path = join(folder, 'odd.json');
    await writeFile(path, '{"https://a.example":7}');
    await expect(filePins(path).read('https://a.example')).rejects.toMatchObject({ code: 'store_failed' });
  });
});
