/** A relation as Studio knows it: what the page shows, and what rows are read and written by. */
import type { ProjectDatabase } from '#host/control-plane/inspect'
import { catalogErrors } from './errors.ts'
import { describeRelation } from './describe-relation.ts'

export interface Column {
  readonly name: string
  /** As Postgres writes it, with its modifier: `numeric(10,2)`, `text[]`. */
  readonly type: string
  /** Of the elements of an array, and below domains. */
  readonly base_type: string
  readonly is_array: boolean
  /** pg_type.typcategory: `N` numeric, `S` string, `D` date, … */
  readonly category: string
  readonly enum_values: readonly string[] | null
  readonly nullable: boolean
  readonly default: string | null
  readonly generated: 'stored' | 'virtual' | null
  /** Of a generated column. */
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

export interface Policy {
  readonly name: string
  readonly permissive: boolean
  readonly command: 'ALL' | 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE'
  readonly roles: readonly string[]
  readonly using: string | null
  readonly check: string | null
  readonly comment: string | null
}

interface Named {
  readonly name: string
  readonly definition: string
}

export type RelationKind = 'table' | 'partitioned' | 'view' | 'materialized view' | 'foreign table'

export interface Relation {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: RelationKind
  readonly owner: string
  readonly rls_enabled: boolean
  readonly rls_forced: boolean
  /** Null where it was never counted. */
  readonly estimated_rows: number | null
  readonly bytes: number
  readonly comment: string | null
  /** Rows can be inserted, updated and deleted. */
  readonly updatable: boolean
  readonly partition_of: number | null
  readonly partition_key: string | null
  readonly columns: readonly Column[]
  readonly primary_key: readonly string[]
  /** What tells rows apart: the primary key, or a unique index on columns that are never null. */
  readonly key: readonly string[] | null
  readonly uniques: readonly (Named & { readonly columns: readonly string[] })[]
  readonly checks: readonly Named[]
  readonly exclusions: readonly Named[]
  readonly foreign_keys: readonly ForeignKey[]
  readonly referenced_by: readonly ForeignKey[]
  readonly indexes: readonly (Named & {
    readonly unique: boolean
    readonly primary: boolean
    readonly valid: boolean
    readonly scans: number
    readonly bytes: number
  })[]
  readonly triggers: readonly (Named & {
    readonly enabled: boolean
    readonly function: string
    readonly function_schema: string
  })[]
  readonly policies: readonly Policy[]
  readonly grants: readonly { readonly role: string; readonly privileges: readonly string[] }[]
  /** Of a view: its query. */
  readonly view_query: string | null
}

/** @throws studio_relation_not_found */
export async function readRelation(database: ProjectDatabase, oid: number): Promise<Relation> {
  const [relation] = await database.read<Relation>(describeRelation(oid))
  if (relation === undefined) throw catalogErrors.studio_relation_not_found({ oid })
  return relation
}

/** `'16385'` → 16385. @throws studio_relation_not_found */
export function parseOid(text: string): number {
  const oid = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (oid < 1 || oid > 4_294_967_295) throw catalogErrors.studio_relation_not_found({ oid })
  return oid
}

export function columnOf(relation: Relation, name: string): Column {
  const column = relation.columns.find((other) => other.name === name)
  if (column === undefined)
    throw catalogErrors.studio_column_not_found({
      relation: `${relation.schema}.${relation.name}`,
      name,
    })
  return column
}
