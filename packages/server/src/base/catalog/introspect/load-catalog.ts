/** Fills the catalog from Postgres: one round trip, one JSON document a statement. */
import { setImmediate as turn } from 'node:timers/promises'
import { buildRelationships, Catalog, resolveViews } from '#base/catalog'
import type { CatalogData, Relation, ViewColumns } from '#base/catalog'
import type { Database, Result, Session } from '#base/db'
import { readFingerprint } from './fingerprint-statement.ts'
import { listKeys, listViews } from './key-statement.ts'
import type { KeysRow, ViewRow } from './key-statement.ts'
import { listLeavings } from './leavings-statement.ts'
import type { LeavingsRow } from './leavings-statement.ts'
import { listRelations } from './relation-statement.ts'
import type { RelationRow } from './relation-statement.ts'
import { listRoleSettings } from './role-statement.ts'
import type { RoleRow } from './role-statement.ts'
import {
  listComputedRelationships,
  listMediaHandlers,
  listRepresentations,
  listRoutines,
} from './routine-statement.ts'
import type {
  ComputedRow,
  MediaHandlerRow,
  RepresentationRow,
  RoutineRow,
} from './routine-statement.ts'
import {
  toLeavings,
  toRelation,
  toRoleSettings,
  toRoutine,
  viewSource,
  whoLeaves,
} from './read-rows.ts'

export interface LoadOptions {
  readonly schemas: readonly string[]
  readonly extraSearchPath: readonly string[]
  /** Settings of functions that hold for the whole transaction. */
  readonly hoistedSettings?: readonly string[]
}

/** With an empty search path every name comes back qualified. A slow catalog must not fail a start. */
const session: Session = {
  role: null,
  settings: [
    ['search_path', ''],
    ['statement_timeout', '0'],
  ],
  readOnly: true,
}

/** A catalog, and what `loadFingerprint` said just before it was read. */
export interface LoadedCatalog {
  readonly catalog: Catalog
  readonly fingerprint: string
}

/** Equal to the one of a loaded catalog as long as loading it again would find the same names. */
export async function loadFingerprint(db: Database, { schemas }: LoadOptions): Promise<string> {
  const [result] = await db.transaction(session, [readFingerprint(schemas)], {
    timeoutMs: 10_000,
    leaves: 'nothing',
  })
  return text(result)
}

export async function loadCatalog(db: Database, options: LoadOptions): Promise<LoadedCatalog> {
  const { schemas, extraSearchPath, hoistedSettings = [] } = options
  const results = await db.transaction(
    session,
    [
      readFingerprint(schemas),
      listRelations(schemas),
      listKeys(),
      listViews([...new Set([...schemas, ...extraSearchPath])]),
      listRoutines(schemas),
      listComputedRelationships(schemas),
      listRepresentations(),
      listMediaHandlers(schemas),
      listRoleSettings(),
      listLeavings(),
    ],
    { lane: 'write', timeoutMs: 60_000, leaves: 'nothing' },
  )
  const [
    fingerprint,
    relations,
    keys,
    views,
    routines,
    computed,
    representations,
    media,
    roles,
    leavings,
  ] = results
  const relationRows = await document<RelationRow[]>(relations)
  const keyRows = await document<KeysRow>(keys)
  const viewRows = await document<ViewRow[]>(views)
  const computedRows = await document<ComputedRow[]>(computed)
  const routineRows = await document<RoutineRow[]>(routines)
  const leavingsRow = await document<LeavingsRow>(leavings)
  const tables = buildTables(relationRows, keyRows, viewRows, computedRows, schemas)
  await turn()
  const catalog = new Catalog({
    ...tables,
    routines: routineRows.map((row) => toRoutine(row, hoistedSettings, whoLeaves(leavingsRow))),
    leavings: toLeavings(leavingsRow),
    representations: await document<RepresentationRow[]>(representations),
    mediaHandlers: (await document<MediaHandlerRow[]>(media)).map(toMediaHandler),
    ...toRoleSettings(await document<RoleRow[]>(roles)),
  })
  return { catalog, fingerprint: text(fingerprint) }
}

/** Requests are served before the next document is read: a thousand tables are several ms of work. */
async function document<T>(result: Result | undefined): Promise<T> {
  const read = JSON.parse(text(result)) as T
  await turn()
  return read
}

function text(result: Result | undefined): string {
  const cell = result?.rows[0]?.[0]
  if (cell === null || cell === undefined) throw new Error('introspection gave nothing')
  return new TextDecoder().decode(cell)
}

function buildTables(
  rows: readonly RelationRow[],
  keys: KeysRow,
  views: readonly ViewRow[],
  computed: readonly ComputedRow[],
  schemas: readonly string[],
): Pick<CatalogData, 'relations' | 'relationships'> {
  const names = new Map(keys.tables.map(({ oid, schema, name }) => [oid, { schema, name }]))
  const shown = resolveViews(
    views.map(viewSource),
    keys.tables.map((table) => ({
      oid: table.oid,
      relation: { schema: table.schema, name: table.name },
      names: new Map(Object.entries(table.names).map(([at, name]) => [Number(at), name])),
    })),
  )
  const primaryKeys = new Map(keys.tables.map((table) => [table.oid, table.primary_key ?? []]))
  const byName = new Map(
    keys.tables.map(({ schema, name, primary_key }) => [`${schema}\0${name}`, primary_key ?? []]),
  )
  const relations = rows.map((row) =>
    toRelation(row, row.is_view ? viewKey(row, shown, byName) : (primaryKeys.get(row.oid) ?? [])),
  )
  const foreignKeys = keys.foreign_keys.flatMap(({ constraint, columns, is_unique, ...ends }) => {
    const from = names.get(ends.from)
    const to = names.get(ends.to)
    return from === undefined || to === undefined
      ? []
      : [{ constraint, columns, isUnique: is_unique, from, to }]
  })
  const junctions = [...relations, ...hiddenTables(keys, relations)]
  const relationships = buildRelationships(
    foreignKeys,
    shown,
    computed.map(toComputed),
    junctions,
    schemas,
  )
  return { relations, relationships }
}

/** A view has the primary key of each table whose whole key it shows. */
function viewKey(
  { schema, name }: RelationRow,
  shown: readonly ViewColumns[],
  primaryKeys: ReadonlyMap<string, readonly string[]>,
): string[] {
  return shown
    .filter(({ view }) => view.schema === schema && view.name === name)
    .flatMap(({ table, columns }) => {
      const key = primaryKeys.get(`${table.schema}\0${table.name}`) ?? []
      const names = key.map((column) => columns.get(column)?.[0])
      return names.every((column) => column !== undefined) ? names : []
    })
}

/** Tables outside the exposed schemas, for their primary keys. */
function hiddenTables(
  keys: KeysRow,
  relations: readonly Relation[],
): Pick<Relation, 'schema' | 'name' | 'primaryKey'>[] {
  const known = new Set(relations.map(({ schema, name }) => `${schema}\0${name}`))
  return keys.tables
    .filter(({ schema, name }) => !known.has(`${schema}\0${name}`))
    .map(({ schema, name, primary_key }) => ({ schema, name, primaryKey: primary_key ?? [] }))
}

function toComputed(row: ComputedRow) {
  return {
    kind: 'computed' as const,
    cardinality: 'computed' as const,
    routine: { schema: row.schema, name: row.name },
    from: { schema: row.from_schema, name: row.from_name },
    to: { schema: row.to_schema, name: row.to_name },
    toOne: row.to_one,
  }
}

function toMediaHandler(row: MediaHandlerRow) {
  const { target_schema: schema, target_name: name } = row
  return {
    routine: { schema: row.schema, name: row.name },
    target: schema === null || name === null ? null : { schema, name },
    accepts: row.accepts,
    mime: row.accepts === '*/*' ? 'application/octet-stream' : row.accepts,
    isBytes: row.is_bytes,
  }
}
