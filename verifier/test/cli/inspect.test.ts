import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonical, readBundle } from '../../src/formats.ts';
import type { AppAdmission } from '../../src/http/admission.ts';
import { addEntry, approve, day, entryCustom, makeAppKey, signRoot } from '../compose/vendor.ts';
import { attest } from '../http/attest.ts';
import { makeKey, signRequest } from '../http/sign.ts';
import { contentOf, makeSite, nextBundle, start, temporaryFolder, type Site } from '../state/site.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { expectCalm, expectNarrow, fileWith, install, type Installed } from './program.ts';

type Inspected = {
  type: string;
  kind: string;
  proved: string;
  how: string;
  code: string | null;
  page: string | null;
  facts: Record<string, string | string[]>;
};

function inspect({ run }: Installed, content: string | Uint8Array, by?: number): Inspected {
  const file = fileWith(content);
  const { stdout, status } = run(['inspect', file, '--json'], by);
  const inspected = JSON.parse(stdout) as Inspected;
  expect(inspected.page).toBe(inspected.code === null ? null : `dist/codes/${inspected.code}.md`);
  expect(status).toBe(inspected.proved === 'refused' || inspected.kind === undefined ? 1 : 0);
  const told = run(['inspect', file], by);
  expect(told.status).toBe(status);
  expectNarrow(told.stdout);
  return inspected;
}

function loaded(site: Site = makeSite()): { installed: Installed; bundle: Uint8Array } {
  const bundle = nextBundle(site);
  start(site).load(bundle);
  return { installed: install(site), bundle };
}

describe('inspect, of a bundle', () => {
  test('says who made it, what is in it, and whether it would load here', () => {
    const { installed, bundle } = loaded();
    const found = inspect(installed, bundle);
    expect(found).toMatchObject({
      type: 'appwarrant/inspected/1',
      kind: 'bundle',
      proved: 'verified',
      code: null,
    });
    expect(found.how).toContain('the one that is loaded here');
    expect(found.facts.customer).toBe(installed.site.customer);
    expect(found.facts.approved).toEqual([
      expect.stringContaining('Orders 1.0.0 (server) of Example Partner'),
    ]);
    const next = inspect(installed, nextBundle(installed.site));
    expect(next.how).toContain('it would load here now');
    expect(contentOf(installed.site.folder).bundle).toBe(Buffer.from(bundle).toString('base64'));
  });

  test('says that the vendor signed one that would not load here, and why it would not', () => {
    const site = makeSite();
    const old = nextBundle(site);
    const { installed } = loaded(site);
    expect(inspect(installed, old)).toMatchObject({ proved: 'refused', code: 'rollback' });
    expect(inspect(installed, old).how).toContain('every file is signed as it must be');
    const elsewhere = makeSite();
    const foreign = inspect(installed, nextBundle(elsewhere));
    expect(foreign).toMatchObject({ proved: 'refused', code: 'wrong_registry' });
    expect(foreign.facts.files).toContainEqual(expect.stringContaining('1.root.json'));
    const ahead = inspect(installed, nextBundle(site), -86_400);
    expect(ahead).toMatchObject({ proved: 'refused', code: 'signed_in_future' });
  });

  test('verifies it before activation, too, and says that it cannot tell whether it would load', () => {
    const site = makeSite();
    const installed = install(site);
    const bundle = nextBundle(site);
    rmSync(join(site.folder, 'deployment-key.pem'));
    expect(inspect(installed, bundle)).toMatchObject({ proved: 'verified' });
    expect(inspect(installed, bundle).how).toContain('not_activated');
  });

  test('says of a damaged one where it ends', () => {
    const { installed, bundle } = loaded();
    for (const length of [20, 24, 200, bundle.length - 1]) {
      expect(inspect(installed, bundle.subarray(0, length))).toMatchObject({ code: 'bundle_malformed' });
    }
    const changed = Buffer.from(bundle);
    changed[bundle.length - 30] = (changed[bundle.length - 30] ?? 0) ^ 1;
    expect(inspect(installed, changed)).toMatchObject({ proved: 'refused', code: 'bundle_malformed' });
  });
});

describe('inspect, of a metadata file', () => {
  const filesOf = (bundle: Uint8Array) => {
    const { files } = readBundle(bundle);
    return (end: string): Uint8Array => {
      const name = [...files.keys()].find((each) => each.endsWith(end));
      const file = files.get(name ?? '');
      if (file === undefined) throw new Error(`There is no ${end}.`);
      return file.bytes();
    };
  };

  test('verifies each role with the keys that are known here', () => {
    const { installed, bundle } = loaded();
    const { site } = installed;
    const file = filesOf(bundle);
    for (const role of [
      'root',
      'timestamp',
      'snapshot',
      'targets',
      'registry',
      site.customer,
      site.entry.role,
    ]) {
      const found = inspect(installed, file(`${role}.json`));
      expect(found, role).toMatchObject({ kind: 'metadata', proved: 'verified' });
      expect(found.facts.version).toBe('1');
    }
    expect(inspect(installed, file('targets.json')).facts.roster).toContainEqual(
      expect.stringContaining('Ada Approver'),
    );
  });

  test('refuses one that others have signed, and says of what nobody here can judge that it was only read', () => {
    const { installed } = loaded();
    const file = filesOf(nextBundle(makeSite()));
    for (const role of ['timestamp', 'snapshot', 'targets', 'registry']) {
      expect(inspect(installed, file(`${role}.json`))).toMatchObject({
        proved: 'refused',
        code: 'metadata_threshold',
      });
    }
    expect(inspect(installed, file('root.json'))).toMatchObject({ proved: 'refused', code: 'equivocation' });
    const foreign = installed.site.entry.role.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
    const bare = { _type: 'targets', expires: '2099-01-01T00:00:00Z', spec_version: '1.0.34', version: 1 };
    const targets = { [`${foreign}/app/00`]: {} };
    const found = inspect(installed, canonical({ signatures: [], signed: { ...bare, targets } }));
    expect(found).toMatchObject({ kind: 'metadata', proved: 'read' });
  });

  test('verifies the next root by the one that is trusted, and no root beyond it', () => {
    const { installed } = loaded();
    const { vendor } = installed.site;
    signRoot(vendor);
    signRoot(vendor);
    const [, second, third] = vendor.roots;
    expect(inspect(installed, second ?? '')).toMatchObject({ proved: 'verified' });
    expect(inspect(installed, third ?? '')).toMatchObject({ proved: 'read' });
  });
});

describe('inspect, of other files', () => {
  test('says that an anchor is the installed one or another, and never that it is verified', () => {
    const { installed } = loaded();
    const own = readFileSync(join(installed.package, 'anchor.json'));
    expect(inspect(installed, own)).toMatchObject({ kind: 'anchor', proved: 'read' });
    expect(inspect(installed, own).how).toContain('the anchor of the installed package');
    const other = readFileSync(join(makePackage(makeSite().vendor), 'anchor.json'));
    expect(inspect(installed, other).how).toContain('not the anchor of the installed package');
    expect(inspect(installed, '{"type":"appwarrant/anchor/1","anchor":null}').how).toContain('nobody');
  });

  test('says what a floor remembers, or that it counts as missing', () => {
    const { installed } = loaded();
    const floor = readFileSync(join(installed.site.folder, 'floor.json'));
    const found = inspect(installed, floor);
    expect(found).toMatchObject({ kind: 'floor', proved: 'read' });
    expect(found.facts.roles).toContain('timestamp 1');
    expect(inspect(installed, floor.toString().replace('"version":1', '"version":2'))).toMatchObject({
      code: 'floor_missing',
    });
  });

  test('verifies a receipt with what is loaded, and notices what was changed in it', () => {
    const site = makeSite();
    const installed = install(site);
    const { key, origin, deployment } = site;
    const verifier = start(site);
    verifier.load(nextBundle(site));
    const { receipt } = admitted(
      verifier,
      signRequest({ key, origin, deployment, created: Math.floor(Date.now() / 1000) }),
    );
    expect(inspect(installed, JSON.stringify(receipt))).toMatchObject({
      kind: 'receipt',
      proved: 'verified',
    });
    const changed = { ...receipt, base: receipt.base.replace('GET', 'PUT') };
    expect(inspect(installed, JSON.stringify(changed))).toMatchObject({
      proved: 'refused',
      code: 'signature_invalid',
    });
    const moved = { ...receipt, deployment: 'A'.repeat(43) };
    expect(inspect(installed, JSON.stringify(moved))).toMatchObject({ code: 'signature_invalid' });
    const stranger = { ...receipt, keyid: makeKey().thumbprint };
    expect(inspect(installed, JSON.stringify(stranger))).toMatchObject({ code: 'app_not_approved' });
    expect(inspect(installed, JSON.stringify({ ...receipt, extra: 1 }))).toMatchObject({
      code: 'value_malformed',
    });
  });

  test('says who vouches in an attestation, and whether it counts here and now', () => {
    const site = makeSite();
    const issuer = makeAppKey();
    const identities = [{ kind: 'key', key: issuer.jwk, use: 'attest', holder: 'server' }] as const;
    const custom = entryCustom(site.vendor, issuer, {
      app: { id: 'field-notes', name: 'Field Notes' },
      identities,
    });
    approve(site.vendor, [addEntry(site.vendor, custom)]);
    const { installed } = loaded(site);
    const text = attest({
      issuer,
      copy: makeKey(),
      partner: custom.partner.id,
      app: custom.app.id,
      build: custom.build.id,
      deployment: site.deployment,
      issued: Math.floor(Date.now() / 1000),
    });
    const found = inspect(installed, `${text}\n`);
    expect(found).toMatchObject({ kind: 'attestation', proved: 'verified' });
    expect(found.how).toContain('Field Notes');
    const late = inspect(installed, text, day);
    expect(late).toMatchObject({ proved: 'refused', code: 'attestation_expired' });
    expect(late.how).toContain('It is signed by Field Notes');
    expect(inspect(installed, `${text.slice(0, -4)}AAAA`)).toMatchObject({ code: 'attestation_invalid' });
    expect(inspect(installed, 'a.b.c')).toMatchObject({ code: 'attestation_malformed' });
  });

  test('explains a saved refusal, knows nonces and keys by sight, and sends requests to explain', () => {
    const { installed } = loaded();
    const refusal = { type: 'urn:appwarrant:clock_behind', title: 'Clock is behind', status: 503 };
    expect(inspect(installed, JSON.stringify(refusal))).toMatchObject({ kind: 'refusal', proved: 'read' });
    expect(inspect(installed, 'AppWarrant replay 1\n').how).toContain('torn');
    const key = readFileSync(join(installed.site.folder, 'deployment-key.pem'));
    const found = installed.run(['inspect', fileWith(key)]).stdout;
    expect(found).toContain('private key');
    expect(found).not.toContain(key.toString().split('\n')[1]);
    expect(inspect(installed, 'GET / HTTP/1.1\r\n\r\n')).toMatchObject({ kind: 'request' });
    expect(inspect(installed, '{"method":"GET","target":"/","headers":[]}')).toMatchObject({
      kind: 'request',
    });
  });

  test.each([
    ['nothing', ''],
    ['a picture', Buffer.from('89504e470d0a1a0a0000', 'hex')],
    ['JSON of another kind', '{"type":"\\u001b[2J","a":[1]}'],
    ['a JSON list', '{}'],
  ])('does not pretend to know %s', (_what, content) => {
    const { installed } = loaded();
    const run = installed.run(['inspect', fileWith(content)]);
    expect(run).toMatchObject({ status: 2, stdout: '' });
  });

  test('refuses JSON that two programs could read differently', () => {
    const { installed } = loaded();
    expect(inspect(installed, '{"type":"a","type":"b"}')).toMatchObject({ code: 'json_malformed' });
    expect(inspect(installed, `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)).toMatchObject({
      code: 'json_malformed',
    });
  });

  test('lets nothing of a file reach the terminal that a terminal would obey', () => {
    const { installed } = loaded();
    const hostile = '\u001b]0;owned\u0007\u202e\u009b31m';
    const files = [
      JSON.stringify({ type: 'urn:appwarrant:x', title: hostile, detail: `${hostile}\n${hostile}` }),
      JSON.stringify({
        signatures: [],
        signed: {
          _type: 'targets',
          expires: '2099-01-01T00:00:00Z',
          spec_version: '1.0.34',
          version: 1,
          targets: {},
          'x-appwarrant': { roster: { rpId: hostile, approvers: [{ name: hostile }] }, note: hostile },
        },
      }),
    ];
    for (const content of files) {
      const file = fileWith(content);
      for (const args of [[], ['--json']]) {
        const run = installed.run(['inspect', file, ...args]);
        expect(run.status).toBeLessThan(2);
        expect(run.stdout).not.toMatch(/[\p{Cf}]|[^\P{Cc}\n]/u);
      }
    }
  });

  test('of the source package verifies nothing, and says so', () => {
    const { installed, bundle } = loaded();
    writeFileSync(join(installed.package, 'anchor.json'), '{"type":"appwarrant/anchor/1","anchor":null}');
    const found = inspect(installed, bundle);
    expect(found).toMatchObject({ kind: 'bundle', proved: 'read' });
    expect(found.how).toContain('no_trust_anchor');
  });

  test('needs no state folder, and makes none', () => {
    const { installed, bundle } = loaded();
    const nowhere = join(temporaryFolder(), 'none');
    const run = runProgram(installed.package, ['inspect', fileWith(bundle), '--state', nowhere]);
    expectCalm(run);
    expect(run.status).toBe(0);
    expect(() => contentOf(nowhere)).toThrow('ENOENT');
  });
});

function admitted(
  verifier: ReturnType<typeof start>,
  request: Parameters<typeof verifier.check>[0],
): AppAdmission {
  const admission = verifier.check(request);
  if (admission.kind !== 'app') throw new Error('It was not the app that was admitted.');
  return admission;
}
