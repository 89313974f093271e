/** Rows of projects, their secrets sealed there and open here. */
import { controlErrors } from '#host/control-plane/core'
import type { ProjectRecord, ProjectStatus, RecordKeys } from '#host/control-plane/core'
import type { ConfigTree } from '#base/config'
import { DatabaseError } from '#base/db'
import type { Transaction } from '#base/db'
import { systemRandom, uuid } from '#base/kernel'
import { fragment, sql, verbatim } from '#base/sql'
import type { Sealer } from '#base/token'
import type { ControlStore } from './control-store.ts'

/** What is known of a project without opening anything. Moments are Unix milliseconds. */
export interface ProjectSummary {
  readonly ref: string
  readonly name: string
  readonly status: ProjectStatus
  readonly version: number
  readonly keptOpen: boolean
  readonly createdMs: number
  readonly updatedMs: number
  readonly deletedMs: number | null
}

interface SummaryRow {
  readonly ref: string
  readonly name: string
  readonly is_paused: boolean
  readonly version: number
  readonly kept_open: boolean
  readonly created_ms: number
  readonly updated_ms: number
  readonly deleted_ms: number | null
}

interface ProjectRow extends SummaryRow {
  readonly database_url: string
  readonly config: string
  readonly keys: string
  readonly data_key_id: string
  readonly wrapped: string
}

const summaryColumns = verbatim(`project.ref, name, is_paused, version, kept_open,
  extract(epoch from created_at)::float8 * 1000 as created_ms,
  extract(epoch from updated_at)::float8 * 1000 as updated_ms,
  extract(epoch from deleted_at)::float8 * 1000 as deleted_ms`)

const secretColumns = verbatim(
  `database_url, config, keys, data_keys.id as data_key_id, data_keys.wrapped`,
)

export function statusOf(row: Pick<SummaryRow, 'is_paused' | 'deleted_ms'>): ProjectStatus {
  if (row.deleted_ms !== null) return 'deleted'
  return row.is_paused ? 'paused' : 'active'
}

function summaryOf(row: SummaryRow): ProjectSummary {
  return {
    ref: row.ref,
    name: row.name,
    status: statusOf(row),
    version: row.version,
    keptOpen: row.kept_open,
    createdMs: Math.round(row.created_ms),
    updatedMs: Math.round(row.updated_ms),
    deletedMs: row.deleted_ms === null ? null : Math.round(row.deleted_ms),
  }
}

export async function readSummaries(transaction: Transaction): Promise<ProjectSummary[]> {
  const rows = await transaction.rows<SummaryRow>(sql`/* control.listProjects */
    select ${summaryColumns} from basalt_control.projects as project order by ref`)
  return rows.map(summaryOf)
}

export interface OpenProject {
  readonly record: ProjectRecord
  readonly summary: ProjectSummary
  readonly sealer: Sealer
}

/** Null for a ref that is none. `lock` makes changes of one project follow each other. */
export async function readProject(
  { dataKeys }: Pick<ControlStore, 'dataKeys'>,
  transaction: Transaction,
  ref: string,
  lock = false,
): Promise<OpenProject | null> {
  const [row] = await transaction.rows<ProjectRow>(sql`/* control.findProject */
    select ${summaryColumns}, ${secretColumns}
    from basalt_control.projects as project join basalt_control.data_keys using (ref)
    where project.ref = ${ref} ${lock ? fragment`for update of project` : fragment``}`)
  if (row === undefined) return null
  const sealer = dataKeys.open(ref, { id: row.data_key_id, wrapped: row.wrapped })
  const summary = summaryOf(row)
  const { name, status, version, keptOpen } = summary
  const open = (column: Column): string => openColumn(sealer, ref, column, row[column])
  return {
    summary,
    sealer,
    record: {
      ref,
      name,
      status,
      version,
      keptOpen,
      databaseUrl: open('database_url'),
      config: JSON.parse(open('config')) as ConfigTree,
      keys: JSON.parse(open('keys')) as RecordKeys,
    },
  }
}

/** @throws control_project_not_found */
export async function lockProject(
  store: ControlStore,
  transaction: Transaction,
  ref: string,
): Promise<OpenProject> {
  const project = await readProject(store, transaction, ref, true)
  if (project === null) throw controlErrors.control_project_not_found({ ref })
  return project
}

type Column = 'database_url' | 'config' | 'keys'

/** A column's text opens in no other column and in no other project. */
const labelOf = (ref: string, column: Column): string => `project ${ref} ${column}`

function openColumn(sealer: Sealer, ref: string, column: Column, sealed: string): string {
  const text = sealer.open(sealed, labelOf(ref, column))
  if (text === null) throw controlErrors.control_master_key_wrong()
  return text
}

export interface NewProject {
  readonly ref: string
  readonly name: string
  readonly databaseUrl: string
  readonly databaseIdentity: string | null
  readonly config: ConfigTree
  readonly keys: RecordKeys
}

/** @throws control_ref_taken, control_database_taken */
export async function insertProject(
  { dataKeys }: ControlStore,
  transaction: Transaction,
  project: NewProject,
): Promise<void> {
  const { ref, name, databaseIdentity } = project
  const { id, wrapped, sealer } = dataKeys.make(ref, uuid(systemRandom))
  const seal = (column: Column, text: string): string => sealer.seal(text, labelOf(ref, column))
  await translateConflicts(ref, () =>
    transaction.run(
      sql`/* control.insertProject */
        insert into basalt_control.projects (ref, name, database_url, config, keys, database_identity)
        values (${ref}, ${name}, ${seal('database_url', project.databaseUrl)},
          ${seal('config', JSON.stringify(project.config))}, ${seal('keys', JSON.stringify(project.keys))},
          ${databaseIdentity})`,
      sql`/* control.insertDataKey */
        insert into basalt_control.data_keys (ref, id, wrapped) values (${ref}, ${id}, ${wrapped})`,
    ),
  )
}

/** What of a project changes; what is left out stays. */
export interface ProjectChange {
  readonly name?: string
  readonly isPaused?: boolean
  readonly isDeleted?: boolean
  readonly keptOpen?: boolean
  readonly database?: { readonly url: string; readonly identity: string | null }
  readonly config?: ConfigTree
  readonly keys?: RecordKeys
}

/** @throws control_database_taken */
export async function updateProject(
  transaction: Transaction,
  { record: { ref }, sealer }: OpenProject,
  change: ProjectChange,
): Promise<void> {
  const seal = (column: Column, text: string): string => sealer.seal(text, labelOf(ref, column))
  const { name, isPaused, isDeleted, keptOpen, database, config, keys } = change
  const sets = [
    name === undefined ? null : fragment`name = ${name}`,
    isPaused === undefined ? null : fragment`is_paused = ${isPaused}`,
    keptOpen === undefined ? null : fragment`kept_open = ${keptOpen}`,
    isDeleted === undefined ? null : fragment`deleted_at = case when ${isDeleted} then now() end`,
    database === undefined
      ? null
      : fragment`database_url = ${seal('database_url', database.url)}, database_identity = ${database.identity}`,
    config === undefined ? null : fragment`config = ${seal('config', JSON.stringify(config))}`,
    keys === undefined ? null : fragment`keys = ${seal('keys', JSON.stringify(keys))}`,
  ].filter((set) => set !== null)
  if (sets.length === 0) return
  const all = sets
    .slice(1)
    .reduce((before, set) => fragment`${before}, ${set}`, sets[0] as (typeof sets)[0])
  await translateConflicts(ref, () =>
    transaction.run(
      sql`/* control.updateProject */ update basalt_control.projects set ${all} where ref = ${ref}`,
    ),
  )
}

async function translateConflicts(ref: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== '23505') throw error
    if (error.constraint === 'projects_database_identity_key')
      throw controlErrors.control_database_taken({ by: 'another project of this fleet' })
    throw controlErrors.control_ref_taken({ ref })
  }
}
