/** The same question in plain SQL: correlated subqueries and json_build_object, sharing nothing with the renderer under test. */
import { tables } from './fuzz-schema.ts'
import type { Column, Embed, Field, Logic, Node, OrderTerm, Test, Tree } from './request-tree.ts'

/** One row: `body`, the list as text, and `total`, the number of rows without limit and offset. */
export function writeSql({ node }: Tree): string {
  const total = `(select count(*) from fuzz.${node.table} t where ${conditions(node, 't')})`
  const body = node.columns.some(({ aggregate }) => aggregate !== null)
    ? writeGrouped(node)
    : writeList(node, 't', 'true')
  return `/* fuzz.ask */ select ${body}::text as body, ${total}::int as total`
}

/** The rows of a node that `join` admits, as a list. */
function writeList(node: Node, row: string, join: string): string {
  const ordered =
    node.order.length === 0 ? '1' : `row_number() over (order by ${writeOrder(node, row)})`
  return `(select coalesce(json_agg(x.o order by x.n), '[]') from (
    select ${writeObject(node, row)} as o, ${ordered} as n ${writeRows(node, row, join)}) x)`
}

function writeRows(node: Node, row: string, join: string): string {
  const order = node.order.length === 0 ? '' : ` order by ${writeOrder(node, row)}`
  const limit = node.limit === null ? '' : ` limit ${node.limit}`
  const offset = node.offset === null ? '' : ` offset ${node.offset}`
  return `from fuzz.${node.table} ${row} where ${join} and ${conditions(node, row)}${order}${limit}${offset}`
}

function writeObject(node: Node, row: string): string {
  const pairs: [string, string][] = []
  if (node.star)
    for (const name of Object.keys(columnsOf(node)))
      pairs.push([name, `${row}.${identifier(name)}`])
  for (const column of node.columns) pairs.push([column.key, writeColumn(column, row)])
  node.embeds.forEach((embed, i) => pairs.push(...writeEmbed(embed, row, `${row}${i}`)))
  return `json_build_object(${pairs.map(([key, value]) => `${literal(key)}, ${value}`).join(', ')})`
}

const columnsOf = (node: Node): object => tables[node.table]?.columns ?? {}

function writeEmbed(
  { relation, key, form, node }: Embed,
  parent: string,
  row: string,
): [string, string][] {
  if (form === 'hidden') return []
  const join = relation.join(parent, row)
  if (relation.toMany) return [[key, writeList(node, row, join)]]
  if (form === 'plain')
    return [[key, `(select ${writeObject(node, row)} ${writeRows(node, row, join)})`]]
  return node.columns.map((column) => [
    column.key,
    `(select ${writeColumn(column, row)} ${writeRows(node, row, join)})`,
  ])
}

function writeColumn({ field, cast }: Column, row: string): string {
  const value = writeField(field, row)
  return cast === null ? value : `(${value})::${cast}`
}

function writeField({ column, path }: Field, row: string): string {
  const name = `${row}.${identifier(column)}`
  return path === null ? name : `(${name} ${path.asText ? '->>' : '->'} ${literal(path.key)})`
}

/** Filters, what inner embeds demand, and row-level security. */
function conditions(node: Node, row: string): string {
  const all = ['true', ...node.where.map((logic) => writeLogic(logic, row))]
  const visible = tables[node.table]?.visible
  if (visible !== undefined) all.push(visible(row))
  node.embeds.forEach((embed, i) => {
    const inner = `${row}${i}`
    const exists = `exists (select 1 ${writeRows(embed.node, inner, embed.relation.join(row, inner))})`
    if (embed.inner || embed.test === 'filled') all.push(exists)
    if (embed.test === 'empty') all.push(`not ${exists}`)
  })
  return all.map((condition) => `(${condition})`).join(' and ')
}

function writeOrder(node: Node, row: string): string {
  return node.order.map((term) => writeTerm(term, node, row)).join(', ')
}

function writeTerm({ field, embed, direction, nulls }: OrderTerm, node: Node, row: string): string {
  const suffix = `${direction === null ? '' : ` ${direction}`}${nulls === null ? '' : ` nulls ${nulls}`}`
  if (embed === null) return writeField(field, row) + suffix
  const inner = `${row}${node.embeds.indexOf(embed)}`
  const rows = writeRows(embed.node, inner, embed.relation.join(row, inner))
  return `(select ${writeField(field, inner)} ${rows})${suffix}`
}

function writeGrouped(node: Node): string {
  const value = ({ field, aggregate }: Column): string =>
    aggregate === null ? writeField(field, 't') : `${aggregate}(${writeField(field, 't')})`
  const list = node.columns
    .map((column) => `${value(column)} as ${identifier(column.key)}`)
    .join(', ')
  const groups = node.columns.filter(({ aggregate }) => aggregate === null).map(value)
  const group = groups.length === 0 ? '' : ` group by ${groups.join(', ')}`
  return `(select coalesce(json_agg(g), '[]') from (select ${list} from fuzz.${node.table} t where ${conditions(node, 't')}${group}) g)`
}

function writeLogic(logic: Logic, row: string): string {
  const not = logic.negated ? 'not ' : ''
  if (logic.kind === 'test') return `${not}(${writeTest(logic, row)})`
  return `${not}(${logic.nodes.map((node) => writeLogic(node, row)).join(` ${logic.operator} `)})`
}

const operators: Readonly<Record<string, string>> = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
}
const searches: Readonly<Record<string, string>> = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
}

function writeTest({ field, operator, modifier, language, values }: Test, row: string): string {
  const left = writeField(field, row)
  const [first = ''] = values
  if (operator === 'is') return `${left} is ${first.replace('_', ' ')}`
  const search = searches[operator]
  if (search !== undefined) {
    const vector =
      field.type === 'tsvector' ? left : `to_tsvector(${literal(language ?? '')}, ${left})`
    return `${vector} @@ ${search}(${literal(language ?? '')}, ${literal(first)})`
  }
  const type = field.path === null ? field.type : field.path.asText ? 'text' : 'jsonb'
  const typed = (value: string): string =>
    `${literal(operator.endsWith('like') ? value.replaceAll('*', '%') : value)}::${type}`
  if (operator === 'in') return `${left} in (${values.map(typed).join(', ')})`
  if (operator === 'isdistinct') return `${left} is distinct from ${typed(first)}`
  const right =
    modifier === null ? typed(first) : `${modifier} (array[${values.map(typed).join(', ')}])`
  return `${left} ${operators[operator] ?? '?'} ${right}`
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
