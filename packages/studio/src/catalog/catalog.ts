/** What the database holds, as the server describes it. */
import type { UseQueryResult } from '@tanstack/react-query'
import { useProject } from '#studio/api'
import type { Answer } from '#studio/api'

export type Catalog = Answer<'GET catalog'>
export type RelationSummary = Catalog['relations'][number]
export type RelationKind = RelationSummary['kind']
export type Relation = Answer<'GET catalog/relations/{oid}'>
export type ColumnInfo = Relation['columns'][number]
export type ForeignKey = Relation['foreign_keys'][number]
export type PolicyInfo = Relation['policies'][number]
/** Of one schema. */
export type SchemaNames = Answer<'GET catalog/names'>[number]

export const useCatalog = (ref: string): UseQueryResult<Catalog> =>
  useProject<Catalog>(ref, 'catalog')

/** Nothing until the oid is known. */
export const useRelation = (ref: string, oid: number | undefined): UseQueryResult<Relation> =>
  useProject<Relation>(ref, `catalog/relations/${oid ?? 0}`, {
    enabled: oid !== undefined,
    keepsOld: false,
  })

/** For completion. */
export const useNames = (ref: string): UseQueryResult<readonly SchemaNames[]> =>
  useProject<readonly SchemaNames[]>(ref, 'catalog/names')

/** A name as SQL writes it: quoted where it has to be. */
export const ident = (name: string): string =>
  /^[a-z_][a-z0-9_$]*$/.test(name) && !reserved.has(name) ? name : `"${name.replaceAll('"', '""')}"`

export const literal = (text: string): string =>
  text.includes('\\')
    ? `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`

export const qualified = (schema: string, name: string): string => `${ident(schema)}.${ident(name)}`

const reserved = new Set(
  'all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right select session_user similar some symmetric table tablesample then to trailing true union unique user using variadic verbose when where window with'.split(
    ' ',
  ),
)
