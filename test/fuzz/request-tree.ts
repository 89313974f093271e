/** A random valid read: what to select, embed, filter, order and cut, several levels deep. */
import { tables, texts } from './fuzz-schema.ts'
import type { ColumnType, Relation } from './fuzz-schema.ts'
import type { Random } from './random.ts'

export interface Field {
  readonly column: string
  readonly type: ColumnType
  /** Into a jsonb column: `->>color`, `->n`. */
  readonly path: { readonly key: string; readonly asText: boolean } | null
}

export interface Test {
  readonly kind: 'test'
  readonly field: Field
  readonly negated: boolean
  readonly operator: string
  readonly modifier: 'any' | 'all' | null
  /** The language of a text search. */
  readonly language: string | null
  readonly values: readonly string[]
}

export interface Group {
  readonly kind: 'group'
  readonly operator: 'and' | 'or'
  readonly negated: boolean
  readonly nodes: readonly Logic[]
}

export type Logic = Test | Group

export interface Column {
  readonly field: Field
  readonly key: string
  readonly alias: boolean
  readonly cast: 'text' | null
  readonly aggregate: 'count' | 'sum' | 'avg' | 'min' | 'max' | null
}

export interface Embed {
  readonly relation: Relation
  readonly name: string
  /** The alias, or the relation's name. */
  readonly key: string
  readonly inner: boolean
  readonly form: 'plain' | 'spread' | 'hidden'
  /** Rows are kept where it is empty, or is not; null for neither. */
  readonly test: 'empty' | 'filled' | null
  readonly node: Node
}

export interface OrderTerm {
  readonly field: Field
  /** Of an embedded to-one resource. */
  readonly embed: Embed | null
  readonly direction: 'asc' | 'desc' | null
  readonly nulls: 'first' | 'last' | null
}

export interface Node {
  readonly table: string
  readonly star: boolean
  readonly columns: readonly Column[]
  readonly embeds: readonly Embed[]
  readonly where: readonly Logic[]
  readonly order: readonly OrderTerm[]
  readonly limit: number | null
  readonly offset: number | null
}

/** `ordered`: every list has an order that leaves nothing open; only then is anything cut. */
export interface Tree {
  readonly node: Node
  readonly ordered: boolean
  readonly counted: boolean
}

export function randomTree(random: Random): Tree {
  const table = random.pick(Object.keys(tables))
  if (random.chance(8)) return { node: grouped(table, random), ordered: false, counted: false }
  const ordered = random.chance(75)
  const node = randomNode({ table, depth: 0, ordered, inSpread: false, toOne: false }, random)
  return { node, ordered, counted: random.chance(25) && !node.embeds.some(cutsAndFilters) }
}

/** A count, as PostgREST's, asks whether an embedded resource has rows before they are cut. */
function cutsAndFilters({ inner, test, node }: Embed): boolean {
  const filters = inner || test !== null
  return (
    (filters && (node.limit !== null || node.offset !== null)) || node.embeds.some(cutsAndFilters)
  )
}

interface Position {
  readonly table: string
  readonly depth: number
  readonly ordered: boolean
  readonly inSpread: boolean
  readonly toOne: boolean
}

function randomNode(at: Position, random: Random): Node {
  const { relations } = describe(at.table)
  const columns = randomColumns(at, random)
  const embeds: Embed[] = []
  const most = at.inSpread ? 0 : 2 - Math.min(at.depth, 2) + (random.chance(30) ? 1 : 0)
  if (at.depth < 3) {
    for (let i = random.below(most + 1); i > 0; i--) {
      const name = random.pick(Object.keys(relations))
      const taken = embeds.some((embed) => embed.name === name)
      if (!taken || random.chance(50))
        embeds.push(randomEmbed(at, name, taken, embeds.length, random))
    }
  }
  const cut = at.ordered && !at.toOne
  return {
    table: at.table,
    star: columns.length === 0,
    columns,
    embeds,
    where: Array.from({ length: random.pick([0, 0, 1, 1, 2]) }, () =>
      randomLogic(at.table, 0, random),
    ),
    order: cut ? randomOrder(at.table, embeds, random) : [],
    limit: cut && random.chance(40) ? random.below(8) : null,
    offset: cut && random.chance(20) ? random.below(4) : null,
  }
}

function describe(table: string): (typeof tables)[string] {
  return tables[table] as (typeof tables)[string]
}

/** None stands for `*`. */
function randomColumns({ table, inSpread }: Position, random: Random): Column[] {
  const { columns } = describe(table)
  if (!inSpread && random.chance(25)) return []
  return random.some(Object.keys(columns), 1 + random.below(3)).map((name, i) => {
    const field = fieldOf(table, name, random)
    const alias = inSpread || field.path !== null || random.chance(25)
    // a spread's columns join the parent's: their names must not meet
    const key = alias ? `${inSpread ? `s${random.below(1_000_000)}` : 'k'}_${i}` : name
    return { field, key, alias, cast: random.chance(10) ? 'text' : null, aggregate: null }
  })
}

function fieldOf(table: string, column: string, random: Random): Field {
  const type = describe(table).columns[column] as ColumnType
  const path =
    type === 'jsonb' && random.chance(80)
      ? random.pick([
          { key: 'color', asText: true },
          { key: 'n', asText: false },
          { key: 'n', asText: true },
        ])
      : null
  return { column, type, path }
}

function randomEmbed(
  at: Position,
  name: string,
  taken: boolean,
  index: number,
  random: Random,
): Embed {
  const relation = describe(at.table).relations[name] as Relation
  const chosen = random.chance(8) ? 'hidden' : 'plain'
  const form = taken ? 'plain' : !relation.toMany && random.chance(15) ? 'spread' : chosen
  const aliased = form === 'plain' && (taken || random.chance(25))
  const spread = form === 'spread'
  const inner = {
    table: relation.table,
    depth: at.depth + 1,
    ordered: at.ordered,
    inSpread: spread,
    toOne: !relation.toMany,
  }
  const node = randomNode(inner, random)
  return {
    relation,
    name,
    key: aliased ? `e${index}` : name,
    inner: random.chance(20),
    form,
    test:
      !taken && form === 'plain' && random.chance(10)
        ? random.pick(['empty', 'filled'] as const)
        : null,
    node: form === 'hidden' ? hide(node) : node,
  }
}

/** It filters, and shows nothing. */
function hide(node: Node): Node {
  const order = node.order.filter(({ embed }) => embed === null)
  return { ...node, order, embeds: [], star: false, columns: [] }
}

/** Ends with the key, so that nothing is left to chance. */
function randomOrder(table: string, embeds: readonly Embed[], random: Random): OrderTerm[] {
  const { key, columns } = describe(table)
  const sortable = Object.keys(columns).filter((name) => columns[name] !== 'tsvector')
  const terms: OrderTerm[] = random.some(sortable, random.below(3)).map((name) => ({
    field: fieldOf(table, name, random),
    embed: null,
    ...randomDirection(random),
  }))
  const single = embeds.find((embed) => !embed.relation.toMany && embed.form === 'plain')
  const shown = single === undefined ? [] : shownColumns(single.node)
  if (single !== undefined && shown.length > 0 && random.chance(60)) {
    const { columns: theirs } = describe(single.relation.table)
    const name = random.pick(shown)
    const field = { column: name, type: theirs[name] as ColumnType, path: null }
    terms.unshift({ field, embed: single, ...randomDirection(random) })
  }
  for (const column of key) {
    terms.push({
      field: { column, type: 'int', path: null },
      embed: null,
      direction: random.pick([null, 'desc']),
      nulls: null,
    })
  }
  return terms
}

/** As in PostgREST, an embedded resource can be ordered by only in the columns it shows. */
function shownColumns({ table, star, columns }: Node): string[] {
  const shown = star
    ? Object.keys(describe(table).columns)
    : columns.filter((column) => !column.alias && column.cast === null).map(({ key }) => key)
  return shown.filter((name) => describe(table).columns[name] !== 'tsvector')
}

function randomDirection(random: Random): Pick<OrderTerm, 'direction' | 'nulls'> {
  return {
    direction: random.pick([null, 'asc', 'desc']),
    nulls: random.pick([null, null, 'first', 'last']),
  }
}

function grouped(table: string, random: Random): Node {
  const { columns } = describe(table)
  const plain = (name: string, key: string): Column => ({
    field: { column: name, type: columns[name] as ColumnType, path: null },
    key,
    alias: true,
    cast: null,
    aggregate: null,
  })
  const groups = random.some(
    Object.keys(columns).filter((name) => name !== 'id'),
    random.below(3),
  )
  const numbers = Object.keys(columns).filter(
    (name) => columns[name] === 'int' || columns[name] === 'numeric',
  )
  const aggregates = Array.from({ length: 1 + random.below(2) }, (_, i) => ({
    ...plain(random.pick(numbers), `a${i}`),
    aggregate: random.pick(['count', 'sum', 'avg', 'min', 'max'] as const),
  }))
  return {
    table,
    star: false,
    columns: [...groups.map((name, i) => plain(name, `g${i}`)), ...aggregates],
    embeds: [],
    where: random.chance(50) ? [randomLogic(table, 0, random)] : [],
    order: [],
    limit: null,
    offset: null,
  }
}

function randomLogic(table: string, depth: number, random: Random): Logic {
  if (depth < 3 && random.chance(25)) {
    const nodes = Array.from({ length: 1 + random.below(3) }, () =>
      randomLogic(table, depth + 1, random),
    )
    return {
      kind: 'group',
      operator: random.pick(['and', 'or']),
      negated: random.chance(30),
      nodes,
    }
  }
  const field = fieldOf(table, random.pick(Object.keys(describe(table).columns)), random)
  return { kind: 'test', field, negated: random.chance(20), ...randomTest(field, random) }
}

type Chosen = Pick<Test, 'operator' | 'modifier' | 'language' | 'values'>

const comparing = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte']
const patterns = ['*a*', 'a*', '*b', '_lpha', '*,*', '*"*', '*', '*%', "*'*"]
const expressions = ['^a', 'b$', '[ab].', 'a|x', '\\.', '^$']
const spans = ['[2026-01-05,2026-02-01)', '[2026-01-10,2026-01-12]', '(2026-02-01,)', 'empty']
const arrays = [
  '{tag1}',
  '{alpha}',
  '{"a,b"}',
  '{}',
  '{tag0,tag1,tag2,alpha,beta}',
  '{"a\\\\b",tag1}',
]

function randomTest({ type, path }: Field, random: Random): Chosen {
  const kind = path === null ? type : path.asText ? 'text' : 'json'
  const plain = (operator: string, ...values: string[]): Chosen => ({
    operator,
    modifier: null,
    language: null,
    values,
  })
  if (random.chance(8))
    return plain(
      'is',
      random.pick(
        type === 'bool' ? ['null', 'true', 'false', 'unknown', 'not_null'] : ['null', 'not_null'],
      ),
    )
  const value = (): string => valueOf(kind, random)
  const several = (): string[] => Array.from({ length: 1 + random.below(3) }, value)
  switch (kind) {
    case 'tsvector':
    case 'json':
      return kind === 'json' ? plain(random.pick(comparing), value()) : search(random)
    case 'text[]':
      return plain(random.pick(['cs', 'cd', 'ov', 'eq', 'neq']), random.pick(arrays))
    case 'daterange':
      return plain(
        random.pick(['cs', 'cd', 'ov', 'sl', 'sr', 'nxr', 'nxl', 'adj', 'eq']),
        random.pick(spans),
      )
    case 'jsonb':
      return plain(
        random.pick(['cs', 'cd', 'eq']),
        random.pick(['{"n":3}', '{"color":"a,b"}', '{}']),
      )
    case 'bool':
      return plain(random.pick(['eq', 'neq', 'isdistinct']), random.pick(['true', 'false']))
    case 'text':
      if (random.chance(30)) return like(random)
      if (random.chance(5)) return search(random)
  }
  if (random.chance(20)) {
    const values = several()
    // PostgREST takes a list of nothing but the empty text for the empty list
    if (values.some((text) => text !== ''))
      return { operator: 'in', modifier: null, language: null, values }
  }
  if (random.chance(10)) return plain('isdistinct', value())
  const operator = random.pick(comparing)
  if (random.chance(20) && operator !== 'neq') {
    return { operator, modifier: random.pick(['any', 'all']), language: null, values: several() }
  }
  return plain(operator, value())
}

function like(random: Random): Chosen {
  const operator = random.pick(['like', 'ilike', 'match', 'imatch'])
  const from = operator.endsWith('like') ? patterns : expressions
  if (random.chance(25)) {
    return {
      operator,
      modifier: random.pick(['any', 'all']),
      language: null,
      values: random.some(from, 1 + random.below(3)),
    }
  }
  return { operator, modifier: null, language: null, values: [random.pick(from)] }
}

function search(random: Random): Chosen {
  const operator = random.pick(['fts', 'plfts', 'phfts', 'wfts'])
  const words =
    operator === 'fts'
      ? ['cat', 'cat & sleep', 'dog | cat', '!fat']
      : ['cat', 'fat cat', 'running dogs', 'the']
  return {
    operator,
    modifier: null,
    language: random.pick(['english', 'simple']),
    values: [random.pick(words)],
  }
}

function valueOf(kind: string, random: Random): string {
  switch (kind) {
    case 'int':
      return String(random.below(45) - 2)
    case 'numeric':
      return String((random.below(40) - 2) / 2)
    case 'date':
      return `2026-01-${String(1 + random.below(31)).padStart(2, '0')}`
    case 'json':
      return String(random.below(9))
    default:
      return random.pick(texts)
  }
}
