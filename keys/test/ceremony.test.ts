import {
  cpSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { canonical, fingerprint, inGroups, sha256Hex, thumbprint } from '@appwarrant/verifier/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyFile, openKeyFile } from '../src/file-signer.ts';
import { openRepository } from '../src/repository.ts';
import type { Repository } from '../src/repository.ts';
import { requestDigest } from '../src/request.ts';
import { keyIdOf } from '../src/signer.ts';
import {
  allHeard,
  approver,
  ceremony,
  contents,
  creation,
  enter,
  fingerprintOf,
  freshKey,
  heard,
  machine,
  requestFor,
} from './table.ts';
import { rosterOf, secretFile, writeRequest } from './table.ts';

// One registry with root 2 of 3 and targets 1 of 2, on two machines that exchange files only.

const { folder, leave } = enter();
const first = machine(folder, 'first');
const second = machine(folder, 'second');
const portal = creation();
const passphrase = 'correct horse battery';
const alice = approver('a', 'Alice Baker');
const bob = approver('b', 'Bob Żak');
const carol = approver('c', 'Carol');

/** The registry's public files as they were made: each test begins with a copy. */
const made = join(folder, 'made');

beforeAll(async () => {
  for (const place of [first, second]) secretFile(join(place, 'pass'), `${passphrase}\n`);
  for (const [place, name] of [
    [first, 'ann'],
    [second, 'ben'],
    [second, 'cat'],
    [first, 'tim'],
    [second, 'tom'],
  ] as const) {
    const said = await ceremony(place, 'key', `${name}.pem`, '--name', name, '--passphrase-file', 'pass');
    if (said.code !== 0) throw new Error(said.stderr);
    for (const other of [first, second]) {
      if (other !== place) copyFileSync(join(place, `${name}.pub.json`), join(other, `${name}.pub.json`));
    }
  }
});
afterAll(leave);

function openFolder(path: string): Repository {
  const names = readdirSync(path);
  const count = names.filter((name) => name.endsWith('.root.json')).length;
  const targets = names
    .filter((name) => name.endsWith('.targets.json'))
    .map((name) => Number.parseInt(name, 10));
  return openRepository({
    roots: Array.from({ length: count }, (_, index) => readFileSync(join(path, `${index + 1}.root.json`))),
    targets: readFileSync(join(path, `${Math.max(...targets)}.targets.json`)),
  });
}

const CREATE = [
  ...[
    'create',
    'creation.json',
    '--pending',
    'new.json',
    '--root-threshold',
    '2',
    '--targets-threshold',
    '1',
  ],
  ...['--root-key', 'ann.pub.json', '--root-key', 'ben.pub.json', '--root-key', 'cat.pub.json'],
  ...['--targets-key', 'tim.pub.json', '--targets-key', 'tom.pub.json'],
];

/** Copies the registry to a name of its own on both machines. */
function begin(name: string): void {
  for (const place of [first, second]) cpSync(made, join(place, name), { recursive: true });
}

function pass(file: string, from: string, to: string): void {
  copyFileSync(join(from, file), join(to, file));
}

describe('a registry is created', () => {
  test('by a pending file that goes from machine to machine until enough have signed', async () => {
    writeRequest(join(first, 'creation.json'), portal);

    const shown = await ceremony(first, 'request', 'creation.json');
    expect(shown.code).toBe(0);
    expect(heard(shown.stdout, 'A new production registry for Acme')).toBe(inGroups(requestDigest(portal)));
    expect(heard(shown.stdout, "The portal's key for timestamp")).toBe(
      inGroups(keyIdOf(portal.keys.timestamp)),
    );

    // Whoever begins sees every key; without having heard them nothing is signed and nothing is written.
    const unheard = await ceremony(first, ...CREATE, '--key', 'ann.pem', '--passphrase-file', 'pass');
    expect(unheard).toMatchObject({ code: 1, stderr: expect.stringMatching(/^confirmation_missing: /) });
    expect(readdirSync(first)).not.toContain('new.json');

    const begun = await ceremony(
      first,
      ...CREATE,
      '--key',
      'ann.pem',
      '--key',
      'tim.pem',
      '--passphrase-file',
      'pass',
      ...allHeard(unheard.stdout),
    );
    expect(begun).toMatchObject({ code: 0, stderr: '' });
    expect(begun.stdout).toContain('Root 1: 1 of 2 signatures\n');
    expect(begun.stdout).toContain('Targets 1: 1 of 1 signatures, complete');

    const early = await ceremony(first, 'finish', 'new.json', '--repository', 'made');
    expect(early).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^signatures_missing: Root 1: 1 of the 2 keys/),
    });

    pass('new.json', first, second);
    const joined = await ceremony(second, 'request', 'new.json');
    const signed = await ceremony(
      second,
      'sign',
      'new.json',
      '--key',
      'cat.pem',
      '--passphrase-file',
      'pass',
      ...allHeard(joined.stdout),
    );
    expect(signed).toMatchObject({ code: 0, stderr: '' });
    expect(signed.stdout).toContain('Root 1: 2 of 2 signatures, complete');

    const finished = await ceremony(second, 'finish', 'new.json', '--repository', made);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    const repository = openFolder(made);
    expect(repository.root).toMatchObject({ version: 1, environment: 'production' });
    expect(repository.root.roles.root.threshold).toBe(2);
    expect(repository.root.roles.root.keys).toHaveLength(3);
    expect(repository.targets.roster).toEqual(rosterOf());
    expect(repository.targets.registry.keys).toEqual([portal.keys.registry]);
  });

  test('and the files are the same wherever it is finished, however often', async () => {
    const again = await ceremony(second, 'finish', 'new.json', '--repository', 'elsewhere');
    expect(again.code).toBe(0);
    const metadata = (place: string) => [...contents(place)].filter(([name]) => name.endsWith('.json'));
    expect(metadata(join(second, 'elsewhere'))).toEqual(metadata(made));
    expect((await ceremony(second, 'finish', 'new.json', '--repository', 'elsewhere')).code).toBe(0);
  });

  test('and the transcript tells what was done, with the fingerprints as they were read aloud, and no secret', () => {
    const name = readdirSync(first).find((file) => /^transcript-.*-create\.txt$/.test(file));
    const text = readFileSync(join(first, name ?? 'none'), 'utf8');
    const ann = openKeyFile(join(first, 'ann.pem'), passphrase);
    expect(text).toContain('AppWarrant ceremony: create');
    expect(text).toMatch(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ by the clock of this machine/);
    expect(text).toContain(`root: a key of ann comes in\n    ${inGroups(ann.keyId)}`);
    expect(text).toContain(`Signed by ann with key ${inGroups(ann.keyId)}`);
    const pending = readFileSync(join(first, 'new.json'));
    expect(text).toContain(
      `written new.json, ${pending.length} bytes, SHA-256\n    ${inGroups(sha256Hex(pending))}`,
    );
    const request = readFileSync(join(first, 'creation.json'));
    expect(text).toContain(
      `read    creation.json, ${request.length} bytes, SHA-256\n    ${inGroups(sha256Hex(request))}`,
    );
    expect(text).not.toContain('PRIVATE');
    expect(text).not.toContain(passphrase);
  });

  test('but not over one that is there', async () => {
    const other = await ceremony(first, ...CREATE.map((arg) => (arg === 'new.json' ? 'other.json' : arg)));
    expect(other.code).toBe(0);
    const over = await ceremony(first, 'sign', 'other.json', '--repository', made, '--key', 'ann.pem');
    expect(over).toMatchObject({ code: 1, stderr: expect.stringMatching(/^repository_exists: /) });
  });
});

describe('a roster changes', () => {
  test('when each person and key was confirmed, and both machines signed the same', async () => {
    begin('roster');
    const request = requestFor(openFolder(made).registry, { kind: 'roster', roster: rosterOf(alice, bob) });
    writeRequest(join(first, 'roster.json'), request);
    const shown = await ceremony(first, 'request', 'roster.json', '--repository', 'roster');
    expect(shown.stdout).toContain(`Alice Baker (${alice.id}): new, may approve.`);
    expect(heard(shown.stdout, 'Bob Żak: a passkey comes in')).toBe(fingerprintOf(bob));

    const confirmed = ['--confirm', fingerprintOf(alice), '--confirm', inGroups(requestDigest(request))];
    const base = [
      'sign',
      'roster.json',
      '--repository',
      'roster',
      '--key',
      'tim.pem',
      '--passphrase-file',
      'pass',
    ];
    const one = await ceremony(first, ...base, ...confirmed);
    expect(one).toMatchObject({ code: 1, stderr: expect.stringMatching(/^confirmation_missing: .*Bob Żak/) });
    const wrong = await ceremony(
      first,
      ...base,
      ...confirmed,
      '--confirm',
      fingerprintOf(bob),
      '--confirm',
      fingerprintOf(carol),
    );
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/^confirmation_unknown: /) });
    expect(readdirSync(first)).not.toContain('roster.pending.json');

    writeFileSync(join(first, 'heard'), `# read out\n${fingerprintOf(bob).toUpperCase()}\n\n`);
    const all = await ceremony(first, ...base, ...confirmed, '--yes-confirmed', 'heard');
    expect(all).toMatchObject({ code: 0, stderr: '' });

    pass('roster.pending.json', first, second);
    const finished = await ceremony(second, 'finish', 'roster.pending.json', '--repository', 'roster');
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    const { targets } = openFolder(join(second, 'roster'));
    expect(targets.version).toBe(2);
    expect(targets.roster.approvers).toEqual([alice, bob]);

    const roster = await ceremony(second, 'roster', '--repository', 'roster');
    expect(heard(roster.stdout, 'Alice Baker: a passkey comes in')).toBe(
      fingerprint(thumbprint(alice.keys[0]!.key)),
    );
  });

  test('and a request that was answered is not answered again', async () => {
    const before = contents(join(second, 'roster'));
    pass('roster.json', first, second);
    const again = await ceremony(second, 'sign', 'roster.json', '--repository', 'roster', '--key', 'tom.pem');
    expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/^request_outdated: /) });
    expect(contents(join(second, 'roster'))).toEqual(before);
  });

  test.each([
    ['of another registry', { registry: 'ab'.repeat(32) }, 'request_other_registry'],
    ['of a development portal', { environment: 'development' }, 'request_other_environment'],
    ['that is ahead of this machine', { base: { root: 1, targets: 7 } }, 'request_ahead'],
    ['from the future', { made: '2999-01-01T00:00:00Z' }, 'clock_wrong'],
  ] as const)('but not by a request %s', async (_, change, code) => {
    begin(code);
    const before = contents(join(first, code));
    const roster = { kind: 'roster', roster: rosterOf(alice) } as const;
    writeRequest(join(first, `${code}.json`), requestFor(openFolder(made).registry, roster, change));
    const said = await ceremony(first, 'sign', `${code}.json`, '--repository', code, '--key', 'tim.pem');
    expect(said).toMatchObject({ code: 1, stderr: expect.stringMatching(new RegExp(`^${code}: `)) });
    expect(contents(join(first, code))).toEqual(before);
    expect(readdirSync(first)).not.toContain(`${code}.pending.json`);
  });

  test('nor by a torn request, a request with a member twice, or something else', async () => {
    begin('torn');
    const roster = { kind: 'roster', roster: rosterOf(alice) } as const;
    const path = writeRequest(join(first, 'torn.json'), requestFor(openFolder(made).registry, roster));
    const whole = readFileSync(path, 'utf8');
    truncateSync(path, whole.length - 40);
    const twice = join(first, 'twice.json');
    writeFileSync(
      twice,
      whole.replace('"environment":"production"', '"environment":"production","environment":"production"'),
    );
    writeFileSync(join(first, 'text.json'), 'dear ceremony');
    for (const file of ['torn.json', 'twice.json', 'text.json']) {
      const said = await ceremony(first, 'sign', file, '--repository', 'torn', '--key', 'tim.pem');
      expect(said).toMatchObject({ code: 1, stderr: expect.stringMatching(/^request_malformed: /) });
    }
  });

  test('nor with a wrong passphrase, an unreadable passphrase file, or none: one sentence each', async () => {
    begin('passphrase');
    const request = requestFor(openFolder(made).registry, { kind: 'renewal' });
    writeRequest(join(first, 'passphrase.json'), request);
    secretFile(join(first, 'wrong'), 'not this passphrase');
    writeFileSync(join(first, 'open'), passphrase, { mode: 0o644 });
    const base = [
      'sign',
      'passphrase.json',
      '--repository',
      'passphrase',
      '--key',
      'tim.pem',
      '--confirm',
      inGroups(requestDigest(request)),
    ];
    const wrong = await ceremony(first, ...base, '--passphrase-file', 'wrong');
    expect(wrong).toMatchObject({
      code: 1,
      stderr: 'passphrase_wrong: The passphrase does not open tim.pem.\n',
    });
    const open = await ceremony(first, ...base, '--passphrase-file', 'open');
    expect(open).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^key_file_open_to_others: [^\n]+\n$/),
    });
    const none = await ceremony(first, ...base);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringMatching(/^passphrase_missing: [^\n]+\n$/) });
    expect(readdirSync(first)).not.toContain('passphrase.pending.json');
  });

  test('nor by a key that holds no role here', async () => {
    begin('stranger');
    const request = requestFor(openFolder(made).registry, { kind: 'renewal' });
    writeRequest(join(first, 'stranger.json'), request);
    const said = await ceremony(
      first,
      'sign',
      'stranger.json',
      '--repository',
      'stranger',
      '--key',
      'ann.pem',
      '--passphrase-file',
      'pass',
      '--confirm',
      inGroups(requestDigest(request)),
    );
    expect(said).toMatchObject({ code: 1, stderr: expect.stringMatching(/^key_not_listed: /) });
  });
});

describe('people who sign on different machines', () => {
  test('sign what they compute themselves: a pending file that was changed on the way is refused', async () => {
    begin('changed');
    const request = requestFor(openFolder(made).registry, { kind: 'roster', roster: rosterOf(alice) });
    writeRequest(join(first, 'changed.json'), request);
    const heardAll = ['--confirm', fingerprintOf(alice), '--confirm', inGroups(requestDigest(request))];
    const base = ['--repository', 'changed', '--passphrase-file', 'pass'];
    const begun = await ceremony(first, 'sign', 'changed.json', ...base, '--key', 'tim.pem', ...heardAll);
    expect(begun.code).toBe(0);

    const text = readFileSync(join(first, 'changed.pending.json'), 'utf8');
    const mallory = JSON.stringify(carol.keys[0]!.key);
    writeFileSync(
      join(second, 'changed.pending.json'),
      text.replace(JSON.stringify(alice.keys[0]!.key), mallory),
    );
    const said = await ceremony(
      second,
      'sign',
      'changed.pending.json',
      ...base,
      '--key',
      'tom.pem',
      '--confirm',
      fingerprintOf(carol),
    );
    expect(said.stderr).toMatch(/^confirmation_missing: /);
    const finished = await ceremony(second, 'finish', 'changed.pending.json', '--repository', 'changed');
    expect(finished).toMatchObject({ code: 1, stderr: expect.stringMatching(/^pending_differs: /) });
  });

  test('do not sign twice with one key', async () => {
    const said = await ceremony(first, 'request', 'changed.pending.json', '--repository', 'changed');
    const twice = await ceremony(
      first,
      'sign',
      'changed.pending.json',
      '--repository',
      'changed',
      '--key',
      'tim.pem',
      '--passphrase-file',
      'pass',
      ...allHeard(said.stdout),
    );
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringMatching(/^key_already_signed: /) });
  });
});

describe('the root is rotated', () => {
  test('by the old keys and the new ones together, and the targets are signed again by their new holders', async () => {
    begin('rotated');
    for (const name of ['dan', 'una']) {
      expect(
        (await ceremony(second, 'key', `${name}.pem`, '--name', name, '--passphrase-file', 'pass')).code,
      ).toBe(0);
    }
    const ann = inGroups(openKeyFile(join(first, 'ann.pem'), passphrase).keyId);
    const tim = inGroups(openKeyFile(join(first, 'tim.pem'), passphrase).keyId);
    const said = await ceremony(
      second,
      'rotate-root',
      '--repository',
      'rotated',
      '--pending',
      'rotation.json',
      '--add-root-key',
      'dan.pub.json',
      '--remove-root-key',
      ann,
      '--add-targets-key',
      'una.pub.json',
      '--remove-targets-key',
      tim,
      '--targets-threshold',
      '2',
    );
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(heard(said.stdout, 'root: a key goes out')).toBe(ann);
    expect(said.stdout).toContain('targets: 2 of 2 keys sign (until now 1 of 2).');

    const sign = async (place: string, ...names: readonly string[]) => {
      const shown = await ceremony(place, 'request', 'rotation.json', '--repository', 'rotated');
      const keys = names.flatMap((name) => ['--key', `${name}.pem`]);
      return ceremony(
        place,
        'sign',
        'rotation.json',
        '--repository',
        'rotated',
        '--passphrase-file',
        'pass',
        ...keys,
        ...allHeard(shown.stdout),
      );
    };
    expect((await sign(second, 'ben', 'dan', 'tom', 'una')).stdout).toContain(
      'Root 2, by the keys until now: 1 of 2 signatures\n',
    );
    const early = await ceremony(second, 'finish', 'rotation.json', '--repository', 'rotated');
    expect(early).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^signatures_missing: Root 2, by the keys until now/),
    });

    pass('rotation.json', second, first);
    // Ann leaves; her signature as one of the keys until now is what makes the new root credible.
    expect((await sign(first, 'ann')).stdout).toContain(
      'Root 2, by the keys until now: 2 of 2 signatures, complete',
    );
    const finished = await ceremony(first, 'finish', 'rotation.json', '--repository', 'rotated');
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    const repository = openFolder(join(first, 'rotated'));
    expect(repository.root).toMatchObject({ version: 2, environment: 'production' });
    expect(repository.targets.version).toBe(2);
    expect(repository.root.roles.targets.threshold).toBe(2);
    expect(repository.registry).toBe(openFolder(made).registry);
  });

  test('and a finish that was cut short between two files is repeated', async () => {
    rmSync(join(first, 'rotated', '2.targets.json'));
    expect((await ceremony(first, 'roster', '--repository', 'rotated')).code).toBe(1);
    expect((await ceremony(first, 'finish', 'rotation.json', '--repository', 'rotated')).code).toBe(0);
    expect((await ceremony(first, 'roster', '--repository', 'rotated')).code).toBe(0);
  });

  test('but a threshold above the number of keys, an unknown key and an online key are refused', async () => {
    begin('refused');
    const rotate = ['rotate-root', '--repository', 'refused', '--pending', 'no.json'];
    const cases = [
      [['--root-threshold', '4'], 'threshold_invalid'],
      [['--root-threshold', '0'], 'threshold_invalid'],
      [['--remove-root-key', 'ab'.repeat(32)], 'key_not_listed'],
      [['--add-root-key', 'tim.pub.json'], 'key_repeated'],
      [['--add-root-key', 'portal.pub.json'], 'key_repeated'],
      [['--years', '30'], 'expiry_invalid'],
      [['--environment', 'development'], 'command_unknown'],
    ] as const;
    const online = { type: 'appwarrant/public-key/1', name: 'portal', key: portal.keys.registry };
    writeFileSync(join(first, 'portal.pub.json'), canonical(online));
    for (const [args, code] of cases) {
      const said = await ceremony(first, ...rotate, ...args);
      expect(said).toMatchObject({ code: 1, stderr: expect.stringMatching(new RegExp(`^${code}: `)) });
    }
    expect(readdirSync(first)).not.toContain('no.json');
  });
});

describe('development and production', () => {
  test('never meet: a development key signs nothing of production', async () => {
    begin('mixed');
    mkdirSync(join(first, 'development-keys'));
    createKeyFile(join(first, 'development-keys', 'tim.pem'), null);
    const request = requestFor(openFolder(made).registry, { kind: 'renewal' });
    writeRequest(join(first, 'mixed.json'), request);
    const said = await ceremony(
      first,
      'sign',
      'mixed.json',
      '--repository',
      'mixed',
      '--key',
      'development-keys/tim.pem',
      '--confirm',
      inGroups(requestDigest(request)),
    );
    expect(said).toMatchObject({ code: 1, stderr: expect.stringMatching(/^key_environment_mixed: /) });
  });

  test('never meet: an encrypted key signs nothing of development', async () => {
    const site = {
      rpId: 'approve.localhost',
      origins: ['http://approve.localhost:8600'],
      thresholds: { entry: 1, licence: 1, grant: 1 },
    };
    writeRequest(join(first, 'development.json'), creation({ environment: 'development', ...site }));
    const args = CREATE.map(
      (arg) => ({ 'creation.json': 'development.json', 'new.json': 'development-new.json' })[arg] ?? arg,
    );
    const shown = await ceremony(first, ...args);
    expect(shown.code).toBe(0);
    const joined = await ceremony(first, 'request', 'development-new.json');
    const said = await ceremony(
      first,
      'sign',
      'development-new.json',
      '--key',
      'ann.pem',
      '--passphrase-file',
      'pass',
      ...allHeard(joined.stdout),
    );
    expect(said).toMatchObject({ code: 1, stderr: expect.stringMatching(/^key_environment_mixed: /) });
  });
});

describe('the command', () => {
  test('says how it is used, and refuses words that it does not know', async () => {
    const nothing = await ceremony(first);
    expect(nothing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm run ceremony -- rotate-root'),
    });
    const unknown = await ceremony(first, 'sign', 'x.json', '--passphrase', 'secret');
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^command_unknown: .*--passphrase/),
    });
    const missing = await ceremony(first, 'request', 'nowhere.json');
    expect(missing).toMatchObject({ code: 1, stderr: 'file_unreadable: nowhere.json could not be read.\n' });
  });

  test('signs new online keys into root and targets in one act', async () => {
    begin('online');
    const keys = { registry: freshKey(), timestamp: freshKey() };
    const request = requestFor(openFolder(made).registry, { kind: 'online-keys', keys });
    writeRequest(join(first, 'online.json'), request);
    const base = ['--repository', 'online', '--passphrase-file', 'pass'];
    const shown = await ceremony(first, 'request', 'online.json', '--repository', 'online');
    expect(heard(shown.stdout, 'timestamp: a key comes in')).toBe(inGroups(keyIdOf(keys.timestamp)));
    const begun = await ceremony(
      first,
      'sign',
      'online.json',
      ...base,
      '--key',
      'ann.pem',
      '--key',
      'tim.pem',
      ...allHeard(shown.stdout),
    );
    expect(begun).toMatchObject({ code: 0, stderr: '' });
    pass('online.pending.json', first, second);
    const joined = await ceremony(second, 'request', 'online.pending.json', '--repository', 'online');
    const signed = await ceremony(
      second,
      'sign',
      'online.pending.json',
      ...base,
      '--key',
      'ben.pem',
      ...allHeard(joined.stdout),
    );
    expect(signed).toMatchObject({ code: 0, stderr: '' });
    expect((await ceremony(second, 'finish', 'online.pending.json', '--repository', 'online')).code).toBe(0);
    const { root, targets } = openFolder(join(second, 'online'));
    expect(root.version).toBe(2);
    expect(root.roles.timestamp.keys).toEqual([keys.timestamp]);
    expect(root.roles.snapshot.keys).toEqual([portal.keys.snapshot]);
    expect(targets.registry.keys).toEqual([keys.registry]);
  });
});
