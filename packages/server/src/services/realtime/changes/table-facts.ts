/** What Postgres knows of changed tables: columns, keys, policies, and which role may read what. Asked for each batch, so that no grant is older than the change. */
import { decodeRows, ownSession } from '#base/db'
import type { Result } from '#base/db'
import type { Project } from '#base/service'
import { arrayLiteral, sql } from '#base/sql'
import type { ValueType } from './json-value.ts'

export interface ColumnFacts {
  readonly name: string
  readonly type: ValueType
  /** For SQL: `pg_catalog.int4`. */
  readonly sqlType: string
  readonly isKey: boolean
  /** Of texts that compare as their bytes do: what is equal is the same text. */
  readonly isPlainText: boolean
}

export interface TableFacts {
  readonly oid: number
  readonly hasPolicies: boolean
  readonly columns: readonly ColumnFacts[]
  /** By role: the columns it may read; a role that is not there is none. */
  readonly readable: ReadonlyMap<string, ReadonlySet<string>>
  readonly seesAll: ReadonlySet<string>
}

interface Row {
  readonly oid: number
  readonly has_policies: boolean
  readonly columns: {
    name: string
    type: string
    oid: number
    kind: string
    base: number
    sql_type: string
    element: { oid: number; name: string; kind: string; base: number } | null
    is_key: boolean
    collation: number
  }[]
  readonly roles: { name: string; sees_all: boolean; readable: string[] | null }[] | null
}

export async function readTableFacts(
  { db }: Project,
  oids: readonly number[],
  roles: readonly string[],
): Promise<ReadonlyMap<number, TableFacts>> {
  const [result] = await db.transaction(
    ownSession,
    [
      sql`/* realtime.tableFacts */
        select c.oid, c.relrowsecurity as has_policies,
          (select json_agg(json_build_object(
              'name', a.attname, 'type', t.typname, 'oid', t.oid::int8, 'kind', t.typtype, 'base', t.typbasetype::int8,
              'sql_type', format('%I.%I', tn.nspname, t.typname),
              'is_key', a.attnum = any (k.indkey), 'collation', a.attcollation::int8,
              'element', case when t.typcategory = 'A' and t.typelem <> 0 then (
                select json_build_object('oid', e.oid::int8, 'name', e.typname, 'kind', e.typtype, 'base', e.typbasetype::int8)
                from pg_catalog.pg_type as e where e.oid = t.typelem) end
            ) order by a.attnum)
            from pg_catalog.pg_attribute as a
            join pg_catalog.pg_type as t on t.oid = a.atttypid
            join pg_catalog.pg_namespace as tn on tn.oid = t.typnamespace
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
          (select json_agg(json_build_object(
              'name', r.rolname, 'sees_all', r.rolbypassrls or r.rolsuper,
              'readable', (select json_agg(a.attname) from pg_catalog.pg_attribute as a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                  and has_column_privilege(r.oid, c.oid, a.attnum, 'select'))))
            from pg_catalog.pg_roles as r where r.rolname = any (${arrayLiteral(roles)}::name[])) as roles
        from pg_catalog.pg_class as c
        left join pg_catalog.pg_index as k on k.indrelid = c.oid and k.indisprimary
        where c.oid = any (${arrayLiteral(oids.map(String))}::oid[])`,
    ],
    { lane: 'read', leaves: 'nothing', timeoutMs: 10_000 },
  )
  const rows = decodeRows<Row>(result as Result)
  return new Map(rows.map((row) => [row.oid, factsOf(row)]))
}

/** Default, C and POSIX: deterministic ones. */
const plainCollations = new Set([100, 950, 951])

function factsOf({ oid, has_policies: hasPolicies, columns, roles }: Row): TableFacts {
  return {
    oid,
    hasPolicies,
    columns: columns.map((column) => ({
      name: column.name,
      type: {
        oid: column.oid,
        name: column.type,
        kind: column.kind,
        base: column.base,
        element: column.element === null ? null : { ...column.element, element: null },
      },
      sqlType: column.sql_type,
      isKey: column.is_key === true,
      isPlainText: plainCollations.has(column.collation),
    })),
    readable: new Map((roles ?? []).map(({ name, readable }) => [name, new Set(readable ?? [])])),
    seesAll: new Set((roles ?? []).flatMap(({ name, sees_all: seesAll }) => (seesAll ? name : []))),
  }
}
