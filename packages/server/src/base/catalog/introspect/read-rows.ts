/** Rows of the introspection documents as parts of the catalog. */
import type { CatalogData, Leavings, Relation, Routine, ViewSource } from '#base/catalog'
import type { ViewRow } from './key-statement.ts'
import type { LeavingsRow } from './leavings-statement.ts'
import type { RelationRow } from './relation-statement.ts'
import type { RoleRow } from './role-statement.ts'
import type { RoutineRow } from './routine-statement.ts'

export function toRelation(row: RelationRow, primaryKey: readonly string[]): Relation {
  return {
    schema: row.schema,
    name: row.name,
    isView: row.is_view,
    insertable: row.insertable,
    updatable: row.updatable,
    deletable: row.deletable,
    description: row.description,
    primaryKey,
    columns: new Map(
      row.columns.map((column) => [
        column.name,
        {
          name: column.name,
          type: column.type,
          baseType: column.base,
          nullable: column.nullable,
          default: column.default,
          maxLength: column.max,
          enumValues: column.enum ?? [],
          description: column.description,
        },
      ]),
    ),
  }
}

export function viewSource({ oid, schema, name, names, tree }: ViewRow): ViewSource {
  return {
    oid,
    view: { schema, name },
    names: new Map(Object.entries(names).map(([at, column]) => [Number(at), column])),
    tree,
  }
}

const volatilities = { i: 'immutable', s: 'stable', v: 'volatile' } as const

/** `hoisted`: settings of a function that hold for the whole transaction, where some only have an effect. */
export function toRoutine(
  row: RoutineRow,
  hoisted: readonly string[],
  leaves: (row: RoutineRow) => boolean,
): Routine {
  const settings = (row.config ?? []).map(splitSetting).filter(([name]) => hoisted.includes(name))
  return {
    schema: row.schema,
    name: row.name,
    description: row.description,
    arguments: row.arguments.map(({ unbounded, ...argument }) => ({
      ...argument,
      unboundedType: unbounded,
    })),
    volatility: volatilities[row.volatility],
    returns: {
      type: { schema: row.type_schema, name: row.type_name },
      isSet: row.is_set,
      isComposite: row.is_composite,
    },
    isolation: isolationOf(settings),
    settings: settings.filter(([name]) => name !== isolationSetting),
    leaves: leaves(row),
  }
}

export function toLeavings({ routines, reads, writes, prepared }: LeavingsRow): Leavings {
  return { any: reads || writes || routines.length > 0, reads, writes, prepared }
}

/** Whether a call of a function can leave something: itself, or what its own reads and writes lead to. */
export function whoLeaves({ routines, reads, writes }: LeavingsRow): (row: RoutineRow) => boolean {
  const leaving = new Set(routines)
  return ({ oid, volatility }) => reads || (volatility === 'v' && writes) || leaving.has(oid)
}

/** `search_path=a, b` → `['search_path', 'a, b']` */
function splitSetting(text: string): [string, string] {
  const equals = text.indexOf('=')
  return [text.slice(0, equals), text.slice(equals + 1)]
}

const isolationSetting = 'default_transaction_isolation'

function isolationOf(settings: readonly (readonly [string, string])[]): string | null {
  return settings.find(([name]) => name === isolationSetting)?.[1] ?? null
}

export function toRoleSettings(
  rows: readonly RoleRow[],
): Pick<CatalogData, 'roleSettings' | 'roleIsolation'> {
  const roleSettings = new Map<string, (readonly [string, string])[]>()
  const roleIsolation = new Map<string, string>()
  for (const { role, settings } of rows) {
    const pairs = settings.map(splitSetting)
    const isolation = isolationOf(pairs)
    if (isolation !== null) roleIsolation.set(role, isolation)
    roleSettings.set(
      role,
      pairs.filter(([name]) => name !== isolationSetting),
    )
  }
  return { roleSettings, roleIsolation }
}
