import { h } from './dom.ts';
import { thumbprint } from './fingerprint.ts';
import type { Entry, Grant, License, Statement } from './statement.ts';
import {
  durationInWords,
  entryInWords,
  grantInWords,
  holderInWords,
  licenseInWords,
  momentInWords,
  sizeInWords,
  useInWords,
} from './words.ts';

/** A statement in plain words, with everything that it says and the very bytes that are signed. */
export async function showStatement(statement: Statement, number: number, of: number): Promise<HTMLElement> {
  const { says } = statement;
  const { heading, sentence, facts } = await describe(statement);
  const position = of === 1 ? null : h('p', { class: 'number' }, `${number} of ${of}`);
  return h(
    'article',
    { class: `statement ${says.kind}`, 'aria-label': heading },
    position,
    h('h2', {}, heading),
    h('p', { class: says.kind === 'grant' ? 'sentence opens' : 'sentence' }, sentence),
    h('dl', {}, ...facts.flatMap(([name, ...values]) => [h('dt', {}, name), h('dd', {}, ...values)])),
    h(
      'details',
      {},
      h('summary', {}, 'Exactly what is signed'),
      h('p', {}, `${statement.bytes.length} bytes of canonical JSON:`),
      h('pre', { tabindex: '0', 'aria-label': 'Canonical statement' }, statement.text),
    ),
  );
}

type Fact = readonly [name: string, ...values: (Node | string)[]];

interface Description {
  readonly heading: string;
  readonly sentence: string;
  readonly facts: readonly Fact[];
}

async function describe(statement: Statement): Promise<Description> {
  const { says } = statement;
  switch (says.kind) {
    case 'entry':
      return describeEntry(says, statement);
    case 'licence':
      return describeLicense(says, statement);
    case 'grant':
      return describeGrant(says, statement);
  }
}

async function describeEntry(entry: Entry, statement: Statement): Promise<Description> {
  const { app, partner, build, capabilities, customers } = entry;
  const keys = await Promise.all(
    entry.identities.map(async ({ key, use, holder }) => {
      return h(
        'div',
        { class: `key ${holder}` },
        code(await thumbprint(key)),
        ` ${useInWords(use)}. `,
        strong(holderInWords(use, holder)),
      );
    }),
  );
  return {
    heading: `${app.name} ${build.version}`,
    sentence: entryInWords(entry),
    facts: [
      ['App', `${app.name} `, id(`${partner.id}/${app.id}`)],
      ['Partner', `${partner.name} `, id(partner.id)],
      ['Build', `version ${build.version}, ${build.platform} `, id(build.id)],
      ['Digest', code(statement.sha256), sumCommand()],
      ['Size', sizeInWords(statement.length)],
      ['May', capabilities.length === 0 ? 'nothing that needs a capability' : list(capabilities)],
      ['At', customers === 'all' ? 'every customer' : list(customers)],
      ...validity(entry),
      ['Key', ...keys],
      ['Assurance', `${entry.assurance}: the verdict tells the server that much`],
      ['Review', 'findings and terms with digest ', code(entry.review)],
    ],
  };
}

function describeLicense(license: License, statement: Statement): Description {
  const { customer, deployments, partners, fresh, grace } = license;
  return {
    heading: `Licence for ${customer.name}`,
    sentence: licenseInWords(license),
    facts: [
      ['Customer', `${customer.name} `, id(customer.id)],
      ['Servers', ...deployments.map(({ id, origins }) => h('div', {}, code(id), ' at ', list(origins)))],
      ['Apps of', partners === 'all' ? 'every partner, also of those still to come' : list(partners)],
      ['Fresh', `an allowlist counts as fresh for ${durationInWords(fresh)} after it was signed`],
      [
        'Grace',
        `then it is used, with a warning, for ${durationInWords(grace)}; after that everything is refused`,
      ],
      ...validity(license),
      ['Digest', code(statement.sha256), ` (${statement.length} bytes)`],
    ],
  };
}

function describeGrant(grant: Grant, statement: Statement): Description {
  const names = { monitor: 'Monitor mode', breakGlass: 'Break-glass', grace: 'Longer grace' };
  return {
    heading: `${names[grant.effect.kind]} for ${grant.customer.name}`,
    sentence: grantInWords(grant),
    facts: [
      ['Customer', `${grant.customer.name} `, id(grant.customer.id)],
      ['Servers', list(grant.deployments)],
      ['Reason', grant.reason],
      ...validity(grant),
      ['Digest', code(statement.sha256), ` (${statement.length} bytes)`],
    ],
  };
}

function validity({ issued, validFrom, expires }: Entry | License | Grant): readonly Fact[] {
  return [
    [
      'Valid',
      `${momentInWords(validFrom)} to ${momentInWords(expires)} (${durationInWords(expires - validFrom)})`,
    ],
    ['Issued', momentInWords(issued)],
  ];
}

/** How anyone who has the file sees for himself that it is the one. */
function sumCommand(): HTMLElement {
  return h(
    'p',
    { class: 'command' },
    'Take the file and run ',
    code('sha256sum FILE'),
    ': it must print exactly this.',
  );
}

function code(text: string): HTMLElement {
  return h('code', {}, text);
}

function id(text: string): HTMLElement {
  return h('code', { class: 'id' }, text);
}

function strong(text: string): HTMLElement {
  return h('strong', {}, text);
}

function list(texts: readonly string[]): HTMLElement {
  return h(
    'span',
    { class: 'list' },
    ...texts.flatMap((text, index) => [index === 0 ? '' : ', ', code(text)]),
  );
}
