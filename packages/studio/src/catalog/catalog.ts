/** What the database holds, as the server describes it. */
import type { UseQueryResult } from '@tanstack/react-query'
import { useProject } from '#studio/api'

export type RelationKind = 'table' | 'partitioned' | 'view' | 'materialized view' | 'foreign table'

export interface RelationSummary {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: RelationKind
  readonly partition_of: number | null
  readonly rls_enabled: boolean
  readonly rls_forced: boolean
  readonly policies: number
  readonly estimated_rows: number | null
  readonly bytes: number
  readonly comment: string | null
}

export interface Catalog {
  readonly schemas: readonly string[]
  readonly relations: readonly RelationSummary[]
}

export interface ColumnInfo {
  readonly name: string
  readonly type: string
  readonly base_type: string
  readonly is_array: boolean
  readonly category: string
  readonly enum_values: readonly string[] | null
  readonly nullable: boolean
  readonly default: string | null
  readonly generated: 'stored' | 'virtual' | null
  readonly expression: string | null
  readonly identity: 'always' | 'by default' | null
  readonly comment: string | null
  readonly updatable: boolean
}

export interface ForeignKey {
  readonly name: string
  readonly from_oid: number
  readonly from_schema: string
  readonly from_table: string
  readonly columns: readonly string[]
  readonly to_oid: number
  readonly to_schema: string
  readonly to_table: string
  readonly to_columns: readonly string[]
  readonly on_update: string
  readonly on_delete: string
}

export interface PolicyInfo {
  readonly name: string
  readonly permissive: boolean
  readonly command: 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'
  readonly roles: readonly string[]
  readonly using: string | null
  readonly check: string | null
  readonly comment: string | null
}

export interface Relation {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: RelationKind
  readonly owner: string
  readonly rls_enabled: boolean
  readonly rls_forced: boolean
  readonly estimated_rows: number | null
  readonly bytes: number
  readonly comment: string | null
  readonly updatable: boolean
  readonly columns: readonly ColumnInfo[]
  readonly primary_key: readonly string[]
  readonly key: readonly string[] | null
  readonly uniques: readonly { name: string; columns: readonly string[]; definition: string }[]
  readonly checks: readonly { name: string; definition: string }[]
  readonly foreign_keys: readonly ForeignKey[]
  readonly referenced_by: readonly ForeignKey[]
  readonly indexes: readonly {
    name: string
    definition: string
    unique: boolean
    primary: boolean
    valid: boolean
    scans: number
    bytes: number
  }[]
  readonly triggers: readonly {
    name: string
    definition: string
    enabled: boolean
    function: string
    function_schema: string
  }[]
  readonly policies: readonly PolicyInfo[]
  readonly grants: readonly { role: string; privileges: readonly string[] }[]
  readonly definition: string
}

export const useCatalog = (ref: string): UseQueryResult<Catalog> =>
  useProject<Catalog>(ref, 'catalog')

/** Nothing until the oid is known. */
export const useRelation = (ref: string, oid: number | undefined): UseQueryResult<Relation> =>
  useProject<Relation>(ref, `catalog/relations/${oid ?? 0}`, {
    enabled: oid !== undefined,
    keepsOld: false,
  })

export interface SchemaNames {
  readonly schema: string
  readonly relations: readonly {
    readonly name: string
    readonly columns: readonly { readonly name: string; readonly type: string }[]
  }[]
  readonly functions: readonly { readonly name: string; readonly arguments: string }[]
}

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
