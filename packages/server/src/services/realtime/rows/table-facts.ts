/** What Postgres knows of a changed table: columns, keys, policies, and which role may read what. */
import type { Node } from 'libpg-query'
import {
  combinePolicies,
  compileBound,
  compileExpression,
  platformBodies,
} from '#services/realtime/policies'
import type { Expression, PlatformFunction, RolePolicy, Type } from '#services/realtime/policies'
import type { ValueType } from './json-value.ts'
import type { Relation } from './pgoutput.ts'

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
  readonly byName: ReadonlyMap<string, ColumnFacts>
  /** By role: the columns it may read; a role that is not there is none. */
  readonly readable: ReadonlyMap<string, ReadonlySet<string>>
  readonly seesAll: ReadonlySet<string>
  /** What the policies say to a role; null where Postgres has to be asked. */
  policyOf(role: string): RolePolicy | null
  /** Whom it does not admit the policies do not: Postgres need be asked only for the others. Null where it is asked for all. */
  boundOf(role: string): RolePolicy | null
}

/** The same for all tables. */
export interface EnvironmentRow {
  /** Nothing is set up that changes what policies see. */
  readonly is_plain: boolean
  /** That a subscriber's session can be. */
  readonly roles: readonly string[] | null
  readonly functions:
    | readonly {
        readonly name: PlatformFunction
        readonly body: string
        readonly is_plain: boolean
        readonly roles: readonly string[] | null
      }[]
    | null
}

export interface TableRow {
  readonly has_policies: boolean
  readonly columns: readonly {
    readonly name: string
    readonly type: string
    readonly schema: string
    readonly oid: number
    readonly kind: string
    readonly base: number
    readonly sql_type: string
    readonly element: {
      readonly oid: number
      readonly name: string
      readonly kind: string
      readonly base: number
    } | null
    readonly is_key: boolean
    readonly is_plain_text: boolean
  }[]
  readonly roles:
    | readonly {
        readonly name: string
        readonly sees_all: boolean
        readonly uses_schema: boolean
        readonly readable: readonly string[] | null
      }[]
    | null
  readonly policies: readonly PolicyRow[] | null
}

export interface PolicyRow {
  readonly permissive: boolean
  /** Of its USING; null when it has none. */
  readonly expression: string | null
  readonly roles: readonly string[] | null
}

/** `parsed` by the text of an expression; what is not there is left to Postgres. */
export function factsOf(
  oid: number,
  row: TableRow,
  environment: EnvironmentRow,
  parsed: (text: string) => Node | null,
): TableFacts {
  const roles = row.roles ?? []
  const columns = row.columns.map(columnOf)
  const find = (role: string, kind: 'exact' | 'bound'): RolePolicy | null => {
    const isReady = roles.some(({ name, uses_schema: uses }) => name === role && uses)
    return isReady ? compileFor(role, kind, row, environment, parsed) : null
  }
  const facts: TableFacts = {
    oid,
    hasPolicies: row.has_policies,
    columns,
    byName: new Map(columns.map((column) => [column.name, column])),
    readable: new Map(roles.map(({ name, readable }) => [name, new Set(readable ?? [])])),
    seesAll: new Set(roles.flatMap(({ name, sees_all: seesAll }) => (seesAll ? name : []))),
    policyOf: remember((role) => find(role, 'exact')),
    boundOf: remember((role) => find(role, 'bound')),
  }
  return facts
}

function remember<T>(find: (role: string) => T): (role: string) => T {
  const known = new Map<string, T>()
  return (role) => {
    if (!known.has(role)) known.set(role, find(role))
    return known.get(role) as T
  }
}

function columnOf(column: TableRow['columns'][number]): ColumnFacts {
  const { element } = column
  return {
    name: column.name,
    type: {
      oid: column.oid,
      name: column.type,
      kind: column.kind,
      base: column.base,
      element: element === null ? null : { ...element, element: null },
    },
    sqlType: column.sql_type,
    isKey: column.is_key === true,
    isPlainText: column.is_plain_text,
  }
}

function compileFor(
  role: string,
  kind: 'exact' | 'bound',
  row: TableRow,
  environment: EnvironmentRow,
  parsed: (text: string) => Node | null,
): RolePolicy | null {
  if (!environment.is_plain || environment.roles?.includes(role) !== true) return null
  const columns = comparable(row.columns)
  const functions = functionsFor(role, environment)
  const permissive: Expression[] = []
  const restrictive: Expression[] = []
  for (const policy of row.policies ?? []) {
    if (policy.expression === null || policy.roles?.includes(role) !== true) continue
    const node = parsed(policy.expression)
    const compile = kind === 'exact' ? compileExpression : compileBound
    const expression = node === null ? null : compile(node, { columns, functions })
    // a restriction that is left out admits more
    if (kind === 'bound' && expression === null && !policy.permissive) continue
    if (expression?.type.kind !== 'boolean') return null
    ;(policy.permissive ? permissive : restrictive).push(expression)
  }
  return combinePolicies(permissive, restrictive)
}

function functionsFor(role: string, { functions }: EnvironmentRow): ReadonlySet<PlatformFunction> {
  return new Set(
    (functions ?? []).flatMap(({ name, body, is_plain: isPlain, roles }) =>
      isPlain && roles?.includes(role) === true && isOwn(name, body) ? name : [],
    ),
  )
}

function isOwn(name: PlatformFunction, body: string): boolean {
  return body.replaceAll(/\s+/g, ' ').trim() === platformBodies[name]
}

const scalars: Readonly<Record<number, Type>> = {
  16: { kind: 'boolean' },
  20: { kind: 'integer' },
  21: { kind: 'integer' },
  23: { kind: 'integer' },
  25: { kind: 'text' },
  1043: { kind: 'text' },
  2950: { kind: 'uuid' },
}

function comparable(columns: TableRow['columns']): ReadonlyMap<string, Type> {
  const types = new Map<string, Type>()
  for (const { name, oid, type, schema, kind, element, is_plain_text: isPlain } of columns) {
    if (kind === 'e') types.set(name, { kind: 'enum', name: JSON.stringify([schema, type]) })
    const of = scalars[element?.oid ?? oid]
    if (of === undefined || kind !== 'b' || (of.kind === 'text' && !isPlain)) continue
    types.set(name, element === null ? of : { kind: 'list', of })
  }
  return types
}

/** Whether a change has the columns that the table has now, as far as the log shows them: no other name for any of them. */
export function isSameShape(relation: Relation, { columns }: TableFacts): boolean {
  let at = 0
  for (const { name, typeOid } of relation.columns) {
    while (at < columns.length && columns[at]?.name !== name) at++
    if (columns[at++]?.type.oid !== typeOid) return false
  }
  return true
}
