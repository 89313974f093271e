/** The types of tables and views: Row, Insert, Update, Relationships. */
import type { KeyRelationship } from '#base/catalog'
import type { ColumnRow, RelationRow } from '#services/meta/sql'
import { compareNames } from './shape.ts'
import { keyOf, openObject, orNull, quote, tuple } from './type-layout.ts'
import type { Member, TsType } from './type-layout.ts'
import type { TypeOf } from './type-of.ts'

export interface RelationContext {
  readonly typeOf: TypeOf
  readonly relationshipsOf: (relation: RelationRow) => readonly KeyRelationship[]
  /** Fields made by functions of a row of the relation. */
  readonly computedFields: (relation: RelationRow) => readonly Member[]
  /** Whether relationships say that there is at most one. */
  readonly detectsOneToOne: boolean
}

/** `name: { Row: …; Insert: …; Update: …; Relationships: […] }` */
export function relationMember(relation: RelationRow, context: RelationContext): Member {
  const { typeOf } = context
  const isTable = relation.kind === 'table' || relation.kind === 'foreign table'
  const row = [...rowMembers(relation, typeOf), ...context.computedFields(relation)]
  const writes = isTable ? tableWrites(relation, typeOf) : viewWrites(relation, typeOf)
  const relationships = relationshipsOf(relation, context)
  return {
    key: keyOf(relation.name),
    type: openObject([
      { key: 'Row', type: openObject(row) },
      ...writes,
      { key: 'Relationships', type: tuple(relationships) },
    ]),
  }
}

/** The columns as they are read. */
export function rowMembers({ columns }: RelationRow, typeOf: TypeOf): Member[] {
  return columns.map((column) => ({ key: keyOf(column.name), type: columnType(column, typeOf) }))
}

function columnType({ type, nullable }: ColumnRow, typeOf: TypeOf): TsType {
  return nullable ? orNull(typeOf(type)) : typeOf(type)
}

/** What is written to a table; a column whose value is always made cannot be. */
function tableWrites({ columns }: RelationRow, typeOf: TypeOf): Member[] {
  const member = (column: ColumnRow, isOptional: boolean): Member =>
    column.identity === 'always'
      ? { key: keyOf(column.name, true), type: 'never' }
      : { key: keyOf(column.name, isOptional), type: columnType(column, typeOf) }
  const mayBeLeftOut = ({ nullable, identity, has_default }: ColumnRow): boolean =>
    nullable || identity !== null || has_default
  return [
    { key: 'Insert', type: openObject(columns.map((item) => member(item, mayBeLeftOut(item)))) },
    { key: 'Update', type: openObject(columns.map((item) => member(item, true))) },
  ]
}

/** What is written through a view, if anything can be. */
function viewWrites({ columns, updatable }: RelationRow, typeOf: TypeOf): Member[] {
  if (!updatable) return []
  const members = columns.map((column) => ({
    key: keyOf(column.name, true),
    type: column.updatable ? orNull(typeOf(column.type)) : 'never',
  }))
  return [
    { key: 'Insert', type: openObject(members) },
    { key: 'Update', type: openObject(members) },
  ]
}

function relationshipsOf(relation: RelationRow, context: RelationContext): TsType[] {
  return context
    .relationshipsOf(relation)
    .map((rel) => ({ ...rel, referenced: rel.columns.map(([, column]) => column) }))
    .toSorted(
      (a, b) =>
        compareNames(a.constraint, b.constraint) ||
        compareNames(a.to.name, b.to.name) ||
        compareNames(JSON.stringify(a.referenced), JSON.stringify(b.referenced)),
    )
    .map(({ constraint, columns, cardinality, to, referenced }) =>
      openObject([
        { key: 'foreignKeyName', type: quote(constraint) },
        { key: 'columns', type: tuple(columns.map(([column]) => quote(column))) },
        ...(context.detectsOneToOne
          ? [{ key: 'isOneToOne', type: String(cardinality === 'one-to-one') }]
          : []),
        { key: 'referencedRelation', type: quote(to.name) },
        { key: 'referencedColumns', type: tuple(referenced.map(quote)) },
      ]),
    )
}
