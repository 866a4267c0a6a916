/** The words of JSON Schema that the chart uses. */
export type Schema = {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly not?: Schema;
};

const known = new Set(
  '$schema type properties required additionalProperties items pattern enum minimum maximum not'.split(' '),
);

/** The places at which a value does not fit. Throws for a word of the schema that it does not know. */
export function misfits(value: unknown, schema: Schema, at = ''): readonly string[] {
  for (const word of Object.keys(schema)) if (!known.has(word)) throw new Error(`It does not know ${word}.`);
  if (schema.type !== undefined && !isOf(schema.type, value)) return [at];
  const found: string[] = [];
  if (schema.enum !== undefined && !schema.enum.includes(value)) found.push(at);
  if (schema.not !== undefined && misfits(value, schema.not, at).length === 0) found.push(at);
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    found.push(at);
  if (
    typeof value === 'number' &&
    (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity))
  )
    found.push(at);
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined)
      found.push(...value.flatMap((each, i) => misfits(each, items, `${at}/${String(i)}`)));
  } else if (typeof value === 'object' && value !== null) {
    const members = new Map(Object.entries(value));
    const properties = new Map(Object.entries(schema.properties ?? {}));
    for (const name of schema.required ?? []) if (!members.has(name)) found.push(`${at}/${name}`);
    for (const [name, member] of members) {
      const its = properties.get(name);
      if (its !== undefined) found.push(...misfits(member, its, `${at}/${name}`));
      else if (schema.additionalProperties === false) found.push(`${at}/${name}`);
    }
  }
  return found;
}

function isOf(type: NonNullable<Schema['type']>, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return type === 'integer' ? Number.isSafeInteger(value) : typeof value === type;
}
