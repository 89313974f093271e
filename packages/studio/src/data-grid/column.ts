/** Columns of the grid: how values of a type are shown, and how wide. */

/** Decides alignment, face and editor; from Postgres' own type names. */
export type CellKind =
  | 'number'
  | 'text'
  | 'bool'
  | 'timestamptz'
  | 'time'
  | 'json'
  | 'array'
  | 'enum'
  | 'uuid'
  | 'binary'
  | 'other'

export interface GridColumn {
  readonly name: string
  /** As Postgres writes it: `timestamp with time zone` */
  readonly type: string
  readonly kind: CellKind
  readonly nullable: boolean
  /** Whether leaving it out takes a default. */
  readonly hasDefault: boolean
  readonly isKey: boolean
  /** Why it cannot be changed; null where it can. */
  readonly locked: string | null
  /** Of an enum, in its order. */
  readonly choices: readonly string[] | null
  /** A foreign key: what it refers to, for people. */
  readonly refersTo: string | null
  readonly comment: string | null
}

const numbers = new Set([
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'money',
  'oid',
])
const times = new Set(['date', 'time without time zone', 'time with time zone', 'interval'])
const monos = new Set(['inet', 'cidr', 'macaddr', 'macaddr8', 'ltree'])
const binaries = new Set([
  'bytea',
  'vector',
  'halfvec',
  'sparsevec',
  'geometry',
  'geography',
  'tsvector',
])

export function kindOf(type: string, isArray: boolean, isEnum: boolean): CellKind {
  const bare = type
    .replace(/\(.*\)/, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (isArray || bare.endsWith('[]')) return 'array'
  if (isEnum) return 'enum'
  if (numbers.has(bare)) return 'number'
  if (bare === 'boolean') return 'bool'
  if (bare === 'json' || bare === 'jsonb') return 'json'
  if (bare === 'uuid' || monos.has(bare)) return 'uuid'
  if (bare === 'timestamp with time zone') return 'timestamptz'
  if (bare === 'timestamp without time zone' || times.has(bare)) return 'time'
  if (binaries.has(bare.replace(/^.*\./, ''))) return 'binary'
  if (bare === 'text' || bare === 'character varying' || bare === 'character' || bare === 'citext')
    return 'text'
  return 'other'
}

const widths: Readonly<Record<CellKind, number>> = {
  number: 120,
  text: 220,
  bool: 90,
  timestamptz: 250,
  time: 180,
  json: 260,
  array: 200,
  enum: 130,
  uuid: 160,
  binary: 140,
  other: 180,
}

/** Room for its name, its type and what stands beside them. */
export const widthOf = ({ kind, name, type }: GridColumn): number =>
  Math.max(widths[kind], Math.min(300, name.length * 7.5 + shortType(type).length * 6 + 76))

/** `timestamp with time zone` → `timestamptz`, as people write types. */
export const shortType = (type: string): string =>
  type
    .replace('timestamp with time zone', 'timestamptz')
    .replace('timestamp without time zone', 'timestamp')
    .replace('time with time zone', 'timetz')
    .replace('time without time zone', 'time')
    .replace('character varying', 'varchar')
    .replace('double precision', 'float8')
    .replace(/^integer/, 'int4')
    .replace(/^bigint/, 'int8')
    .replace(/^smallint/, 'int2')
    .replace(/^boolean/, 'bool')
