/** Fills the catalog from Postgres: one round trip, one JSON document a row. */
import { buildRelationships, Catalog, groupBy, resolveViews } from '#base/catalog'
import type {
  CatalogData,
  ForeignKey,
  Leavings,
  QualifiedName,
  Relation,
  Representation,
  ShownRelation,
  ViewColumns,
} from '#base/catalog'
import type { Database, Result, Session } from '#base/db'
import { readFingerprint } from './fingerprint-statement.ts'
import { turns } from '#base/service'
import { listForeignKeys, listKeyTables, listViews } from './key-statement.ts'
import type { ForeignKeyRow, KeyTableRow, ViewRow } from './key-statement.ts'
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
import { readDocuments } from './read-documents.ts'
import type { ComputedRow, MediaHandlerRow, RoutineRow } from './routine-statement.ts'
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
  const { schemas, extraSearchPath } = options
  const results = await db.transaction(
    session,
    [
      readFingerprint(schemas),
      listLeavings(),
      listRelations(schemas),
      listKeyTables(),
      listForeignKeys(),
      listViews([...new Set([...schemas, ...extraSearchPath])]),
      listRoutines(schemas),
      listComputedRelationships(schemas),
      listRepresentations(),
      listMediaHandlers(schemas),
      listRoleSettings(),
    ],
    { lane: 'write', timeoutMs: 60_000, leaves: 'nothing' },
  )
  const [fingerprint] = results
  // 10,000 tables are a third of a second of work: requests are served in between
  const catalog = await turns.run(readCatalog(results, options))
  return { catalog, fingerprint: text(fingerprint) }
}

/** Of the whole database: what its functions, policies and triggers can leave in a session. */
export async function loadLeavings(db: Database): Promise<Leavings> {
  const [leavings] = await db.transaction(session, [listLeavings()], {
    lane: 'write',
    timeoutMs: 60_000,
    leaves: 'nothing',
  })
  return toLeavings(JSON.parse(text(leavings)) as LeavingsRow)
}

function* readCatalog(
  results: readonly Result[],
  { schemas, hoistedSettings = [] }: LoadOptions,
): Generator<void, Catalog> {
  const [, leavings, relations, tables, keys, views, ...others] = results
  const [routines, computed, representations, media, roles] = others
  const leavingsRow = JSON.parse(text(leavings)) as LeavingsRow
  const rows: TableRows = {
    relations: yield* readDocuments<RelationRow>(relations),
    tables: yield* readDocuments<KeyTableRow>(tables),
    keys: yield* readDocuments<ForeignKeyRow>(keys),
    views: yield* readDocuments<ViewRow>(views),
    computed: yield* readDocuments<ComputedRow>(computed),
  }
  const built = yield* buildTables(rows, schemas)
  const leaves = whoLeaves(leavingsRow)
  const data = {
    ...built,
    routines: (yield* readDocuments<RoutineRow>(routines)).map((row) =>
      toRoutine(row, hoistedSettings, leaves),
    ),
    leavings: toLeavings(leavingsRow),
    representations: yield* readDocuments<Representation>(representations),
    mediaHandlers: (yield* readDocuments<MediaHandlerRow>(media)).map(toMediaHandler),
    ...toRoleSettings(yield* readDocuments<RoleRow>(roles)),
  }
  yield
  return new Catalog(data)
}

function text(result: Result | undefined): string {
  const cell = result?.rows[0]?.[0]
  if (cell === null || cell === undefined) throw new Error('introspection gave nothing')
  return new TextDecoder().decode(cell)
}

interface TableRows {
  readonly relations: readonly RelationRow[]
  readonly tables: readonly KeyTableRow[]
  readonly keys: readonly ForeignKeyRow[]
  readonly views: readonly ViewRow[]
  readonly computed: readonly ComputedRow[]
}

const idOf = ({ schema, name }: QualifiedName): string => `${schema}\0${name}`

function* buildTables(
  { relations: rows, tables, keys, views, computed }: TableRows,
  schemas: readonly string[],
): Generator<void, Pick<CatalogData, 'relations' | 'relationships'>> {
  const byOid = new Map<number, KeyTableRow>()
  const primaryKeys = new Map<string, readonly string[]>()
  const shownTables: ShownRelation[] = []
  for (const table of tables) {
    byOid.set(table.oid, table)
    primaryKeys.set(idOf(table), table.primary_key ?? [])
    shownTables.push(shownTable(table))
    yield
  }
  const shown = yield* resolveViews(views.map(viewSource), shownTables)
  const shownBy = groupBy(shown, ({ view }) => idOf(view))
  const relations: Relation[] = []
  for (const row of rows) {
    const key = row.is_view ? viewKey(shownBy.get(idOf(row)), primaryKeys) : null
    relations.push(toRelation(row, key ?? byOid.get(row.oid)?.primary_key ?? []))
    yield
  }
  const foreignKeys: ForeignKey[] = []
  for (const { constraint, columns, is_unique: isUnique, ...ends } of keys) {
    const [from, to] = [byOid.get(ends.from), byOid.get(ends.to)]
    yield
    if (from === undefined || to === undefined) continue
    foreignKeys.push({ constraint, columns, isUnique, from: nameOf(from), to: nameOf(to) })
  }
  // tables outside the exposed schemas too; and views, which may show a junction
  const junctions = [
    ...tables.map((table) => ({ ...nameOf(table), primaryKey: table.primary_key ?? [] })),
    ...relations,
  ]
  const relationships = yield* buildRelationships(
    foreignKeys,
    shown,
    computed.map(toComputed),
    junctions,
    schemas,
  )
  return { relations, relationships }
}

const nameOf = ({ schema, name }: QualifiedName): QualifiedName => ({ schema, name })

function shownTable(table: KeyTableRow): ShownRelation {
  return {
    oid: table.oid,
    relation: nameOf(table),
    names: new Map(Object.entries(table.names).map(([at, name]) => [Number(at), name])),
  }
}

/** A view has the primary key of each table whose whole key it shows. */
function viewKey(
  shown: readonly ViewColumns[] = [],
  primaryKeys: ReadonlyMap<string, readonly string[]>,
): string[] {
  return shown.flatMap(({ table, columns }) => {
    const key = primaryKeys.get(idOf(table)) ?? []
    const names = key.map((column) => columns.get(column)?.[0])
    return names.every((column) => column !== undefined) ? names : []
  })
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
