/** The order of rows, which always ends in what tells them apart, and where in it a page begins. */
import { columnOf } from '#host/studio/catalog'
import type { Relation } from '#host/studio/catalog'
import { fragment, identifier, join, verbatim } from '#base/sql'
import type { Fragment } from '#base/sql'
import { invalid } from './row-query.ts'
import type { Cursor, RowKey, Sort } from './row-query.ts'

export interface Term {
  /** Null for where a row lies. */
  readonly column: string | null
  readonly expression: Fragment
  readonly desc: boolean
  readonly nullsFirst: boolean
  readonly nullable: boolean
}

const place = verbatim('ctid')

export function termsOf(relation: Relation, key: RowKey, sort: readonly Sort[] = []): Term[] {
  const sorted = sort.map(
    ({ column: name, desc = false, nulls_first: nullsFirst = desc }): Term => {
      const { nullable } = columnOf(relation, name)
      return { column: name, expression: identifier(name), desc, nullsFirst, nullable }
    },
  )
  const last = { desc: sorted.at(-1)?.desc ?? false, nullsFirst: false, nullable: false }
  if (key.by === 'place') return [...sorted, { ...last, column: null, expression: place }]
  if (key.by === 'nothing') return sorted
  const rest = key.columns.filter(({ name }) => !sorted.some(({ column }) => column === name))
  return [
    ...sorted,
    ...rest.map(({ name }) => ({ ...last, column: name, expression: identifier(name) })),
  ]
}

export const reversed = (terms: readonly Term[]): Term[] =>
  terms.map((term) => ({ ...term, desc: !term.desc, nullsFirst: !term.nullsFirst }))

export function renderOrder(terms: readonly Term[]): Fragment {
  const parts = terms.map(({ expression, desc, nullsFirst, nullable }) => {
    const direction = desc ? ' desc' : ''
    // without it an index serves both ways
    const nulls = nullable && nullsFirst !== desc ? ` nulls ${nullsFirst ? 'first' : 'last'}` : ''
    return fragment`${expression}${verbatim(direction + nulls)}`
  })
  return parts.length === 0 ? verbatim('') : fragment`order by ${join(parts, ', ')}`
}

/** Rows behind the cursor; as a comparison of rows, which an index serves, where the order allows it. */
export function renderAfter(terms: readonly Term[], cursor: Cursor): Fragment {
  if (cursor.length !== terms.length)
    throw invalid(`a cursor of ${cursor.length} values does not belong to this order`)
  const [first] = terms
  if (first === undefined) return verbatim('true')
  const isUniform = terms.every(({ desc, nullable }) => !nullable && desc === first.desc)
  if (isUniform && cursor.every((value) => value !== null)) {
    const values = cursor.map((value) => fragment`${value}`)
    const names = terms.map(({ expression }) => expression)
    return fragment`(${join(names, ', ')}) ${sign(first)} (${join(values, ', ')})`
  }
  const chain = terms.reduceRight<Fragment | null>((behind, term, i) => {
    const value = cursor[i] ?? null
    const after = renderBehind(term, value)
    return behind === null
      ? after
      : fragment`(${after} or ${renderEqual(term, value)} and ${behind})`
  }, null)
  return fragment`${renderBound(first, cursor[0] ?? null)}${chain ?? verbatim('true')}`
}

const sign = ({ desc }: Term): Fragment => verbatim(desc ? '<' : '>')

function renderBehind(term: Term, value: string | null): Fragment {
  const { expression, nullable, nullsFirst } = term
  if (value === null) return nullsFirst ? fragment`${expression} is not null` : verbatim('false')
  const beyond = fragment`${expression} ${sign(term)} ${value}`
  return nullable && !nullsFirst ? fragment`(${beyond} or ${expression} is null)` : beyond
}

const renderEqual = ({ expression }: Term, value: string | null): Fragment =>
  value === null ? fragment`${expression} is null` : fragment`${expression} = ${value}`

/** Says nothing new, but an index can begin there. */
function renderBound(term: Term, value: string | null): Fragment {
  if (value === null || (term.nullable && !term.nullsFirst)) return verbatim('')
  return fragment`${term.expression} ${verbatim(term.desc ? '<=' : '>=')} ${value} and `
}
