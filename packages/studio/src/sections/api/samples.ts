/** supabase-js code for a table or a function: it runs as it stands, once the key is filled in. */
import type { ColumnInfo, Relation } from '#studio/catalog'

export interface Sample {
  readonly title: string
  readonly code: string
}

const quote = (text: string): string => `'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n')}'`
const member = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name))

export function setUp(url: string, key: string): string {
  return `import { createClient } from '@supabase/supabase-js'

const supabase = createClient(${quote(url)}, ${quote(key)})`
}

/** A value that a column takes. */
function example({ base_type: type, is_array, enum_values, name }: ColumnInfo): string {
  if (is_array) return '[]'
  if (enum_values !== null) return quote(enum_values[0] ?? '')
  if (/^(int|float|numeric)/.test(type)) return '1'
  if (type === 'bool') return 'true'
  if (type === 'uuid') return quote('00000000-0000-0000-0000-000000000000')
  if (type === 'json' || type === 'jsonb') return '{}'
  if (type.startsWith('timestamp')) return 'new Date().toISOString()'
  if (type === 'date') return quote('2026-01-31')
  return quote(`a ${name}`)
}

const writable = ({ columns }: Relation): readonly ColumnInfo[] =>
  columns.filter(({ updatable }) => updatable)

/** What an insert has to say: what has neither a default nor may be null. */
function required(relation: Relation): readonly ColumnInfo[] {
  const must = writable(relation).filter(
    ({ nullable, default: value, identity }) => !nullable && value === null && identity === null,
  )
  return must.length > 0 ? must : writable(relation).slice(0, 1)
}

const objectOf = (columns: readonly ColumnInfo[]): string =>
  `{ ${columns.map((column) => `${member(column.name)}: ${example(column)}`).join(', ')} }`

export function tableSamples(relation: Relation): readonly Sample[] {
  const { schema, name, columns, foreign_keys } = relation
  const from = `supabase${schema === 'public' ? '' : `.schema(${quote(schema)})`}.from(${quote(name)})`
  const key = columns.find((column) => column.name === (relation.key ?? [])[0]) ?? columns[0]
  const other =
    writable(relation).find((column) => !(relation.key ?? []).includes(column.name)) ?? key
  if (key === undefined || other === undefined) return []
  const by = `.eq(${quote(key.name)}, ${example(key)})`
  const [reference] = foreign_keys.filter(({ to_schema }) => to_schema === schema)
  const reads: Sample[] = [
    { title: 'Read rows', code: `const { data, error } = await ${from}.select('*').limit(20)` },
    {
      title: 'Read some columns, filtered and ordered',
      code: `const { data, error } = await ${from}
  .select(${quote(
    columns
      .slice(0, 3)
      .map((column) => column.name)
      .join(', '),
  )})
  ${by}
  .order(${quote(key.name)}, { ascending: false })`,
    },
    {
      title: 'Page by page, with the count',
      code: `const { data, count, error } = await ${from}
  .select('*', { count: 'estimated' })
  .range(0, 19)`,
    },
    ...(reference === undefined
      ? []
      : [
          {
            title: `With rows of ${reference.to_table}`,
            code: `const { data, error } = await ${from}.select(${quote(`*, ${reference.to_table}(*)`)}).limit(20)`,
          },
        ]),
  ]
  const writes: Sample[] = [
    {
      title: 'Insert a row and get it back',
      code: `const { data, error } = await ${from}.insert(${objectOf(required(relation))}).select()`,
    },
    {
      title: 'Update',
      code: `const { data, error } = await ${from}.update(${objectOf([other])})${by}.select()`,
    },
    {
      title: 'Insert, or update what is there',
      code: `const { data, error } = await ${from}.upsert(${objectOf([...new Set([...(key.updatable ? [key] : []), ...required(relation)])])}).select()`,
    },
    { title: 'Delete', code: `const { error } = await ${from}.delete()${by}` },
  ]
  const live: Sample = {
    title: 'Hear of changes',
    code: `supabase
  .channel(${quote(`${name}-changes`)})
  .on('postgres_changes', { event: '*', schema: ${quote(schema)}, table: ${quote(name)} }, (change) => console.log(change))
  .subscribe()`,
  }
  return [
    ...reads,
    ...(relation.updatable ? writes : []),
    ...(relation.kind === 'table' ? [live] : []),
  ]
}

export interface FunctionInfo {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: string
  readonly arguments: string
  readonly returns: string | null
  readonly volatility: string
  readonly callable_by: readonly string[]
  readonly comment: string | null
}

/** `a integer, b text DEFAULT 'x'::text` → names and types of what has to be given. */
function parameters(text: string): { name: string; type: string }[] {
  if (text.trim() === '') return []
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => !/^(OUT|TABLE|VARIADIC)\b/.test(part) && !/\bDEFAULT\b/.test(part))
    .map((part) => /^(?:IN |INOUT )?("(?:[^"]|"")+"|\S+)\s+(.*)$/.exec(part))
    .filter((found) => found !== null)
    .map(([, name = '', type = '']) => ({ name: name.replace(/^"|"$/g, ''), type }))
}

function exampleOf(type: string): string {
  if (type.endsWith('[]')) return '[]'
  if (/^(smallint|integer|bigint|numeric|real|double)/.test(type)) return '1'
  if (type === 'boolean') return 'true'
  if (type === 'uuid') return quote('00000000-0000-0000-0000-000000000000')
  if (/^jsonb?$/.test(type)) return '{}'
  if (/^(timestamp|date)/.test(type)) return quote('2026-01-31')
  return quote('text')
}

export function functionSamples({
  schema,
  name,
  arguments: text,
  volatility,
}: FunctionInfo): readonly Sample[] {
  const given = parameters(text)
  const args =
    given.length === 0
      ? ''
      : `, { ${given.map((one) => `${member(one.name)}: ${exampleOf(one.type)}`).join(', ')} }`
  const client = `supabase${schema === 'public' ? '' : `.schema(${quote(schema)})`}`
  return [
    {
      title: 'Call it',
      code: `const { data, error } = await ${client}.rpc(${quote(name)}${args})`,
    },
    ...(volatility === 'volatile'
      ? []
      : [
          {
            title: 'Call it by GET: it changes nothing, and can be cached',
            code: `const { data, error } = await ${client}.rpc(${quote(name)}${args === '' ? ', {}' : args}, { get: true })`,
          },
        ]),
  ]
}
