/** What is done with projects, from their making to their end. Every change is one transaction with its line in the audit log. */
import { controlErrors, requireRef } from '#host/control-plane/core'
import type { Actor, ProjectRecord } from '#host/control-plane/core'
import {
  auditRow,
  change,
  insertProject,
  lockProject,
  read,
  readProject,
  readSummaries,
  updateProject,
} from '#host/control-plane/store'
import type {
  ControlStore,
  OpenProject,
  ProjectChange,
  ProjectSummary,
} from '#host/control-plane/store'
import type { Requirement } from '#host/platform'
import { mergeConfigTree } from '#base/config'
import type { ConfigProblem, ConfigTree } from '#base/config'
import type { Random } from '#base/kernel'
import { sql } from '#base/sql'
import { mintKeys, rotatedKeys, secretText } from './mint-keys.ts'
import type { Rotation, SigningAlgorithm } from './mint-keys.ts'
import { checkProjectConfig, pathsOf } from './project-config.ts'
import { dropSlots, provisionDatabase, testDatabase } from './project-database.ts'

export interface NewProjectInput {
  readonly ref: string
  /** Default the ref. */
  readonly name?: string
  readonly databaseUrl: string
  readonly config?: ConfigTree
  readonly algorithm?: SigningAlgorithm
}

export interface ProjectUpdate {
  readonly name?: string
  readonly databaseUrl?: string
  /** Merged into what there is (RFC 7386). */
  readonly config?: ConfigTree
}

/** `warnings`: what will not work in the database it was given. */
export interface Taken {
  readonly record: ProjectRecord
  readonly warnings: readonly Requirement[]
}

export interface Projects {
  list(): Promise<ProjectSummary[]>
  /** @throws control_project_not_found */
  show(ref: string): Promise<{ readonly record: ProjectRecord; readonly summary: ProjectSummary }>
  /** Tests the database first: with anything missing nothing is stored. */
  create(input: NewProjectInput, actor: Actor): Promise<Taken>
  update(ref: string, update: ProjectUpdate, actor: Actor): Promise<Taken>
  pause(ref: string, actor: Actor): Promise<ProjectSummary>
  resume(ref: string, actor: Actor): Promise<ProjectSummary>
  /** It can be restored, until it is purged. */
  remove(ref: string, actor: Actor): Promise<ProjectSummary>
  restore(ref: string, actor: Actor): Promise<ProjectSummary>
  /** For good. `confirm` is the ref once more; `force` lets a database that cannot be reached keep its replication slot. */
  purge(
    ref: string,
    options: { readonly confirm: string; readonly force?: boolean },
    actor: Actor,
  ): Promise<void>
  rotateKeys(ref: string, rotation: Rotation, actor: Actor): Promise<ProjectRecord>
  /** With problems nothing has changed. */
  changeConfig(ref: string, patch: ConfigTree, actor: Actor): Promise<readonly ConfigProblem[]>
  /** The database of a project, or the one it could have. Rejects with what is wrong with it. */
  testDatabase(ref: string, databaseUrl?: string): Promise<readonly Requirement[]>
}

export interface ProjectsOptions {
  readonly store: ControlStore
  readonly random: Random
  /** What a reference to a secret (`vault://…`, `aws://…`) stands for; any other text stays. */
  readonly resolveSecret: (text: string) => Promise<string>
  /** Of the control database: no project is made in it. */
  readonly ownIdentity: string | null
}

const longestName = 100

/** @throws control_name_invalid */
function requireName(name: string): void {
  // oxlint-disable-next-line no-control-regex
  if (name.trim() === '' || name.length > longestName || /[\u0000-\u001f\u007f]/.test(name))
    throw controlErrors.control_name_invalid()
}

/** @throws control_config_invalid */
function requireConfig(tree: ConfigTree): void {
  const problems = checkProjectConfig(tree)
  if (problems.length === 0) return
  const list = problems.map(({ key, message }) => `- ${key ?? 'the whole'}: ${message}`).join('\n')
  throw controlErrors.control_config_invalid({ list })
}

export function createProjects(options: ProjectsOptions): Projects {
  const { store, random } = options
  const summaryIn = async (ref: string): Promise<ProjectSummary> => (await show(ref)).summary

  async function show(ref: string): Promise<OpenProject> {
    const found = await read(store, (transaction) => readProject(store, transaction, ref))
    if (found === null) throw controlErrors.control_project_not_found({ ref })
    return found
  }

  /** `decide` sees the project as it is, locked; null changes nothing. */
  async function alter(
    ref: string,
    action: string,
    actor: Actor,
    decide: (project: OpenProject) => (ProjectChange & { detail?: object }) | null,
  ): Promise<void> {
    await change(store, async (transaction) => {
      const project = await lockProject(store, transaction, ref)
      const decided = decide(project)
      if (decided === null) return
      const { detail, ...changes } = decided
      await updateProject(transaction, project, changes)
      await transaction.run(auditRow(actor, action, ref, { ...detail }))
    })
  }

  const setPaused = async (ref: string, isPaused: boolean, actor: Actor) => {
    await alter(ref, isPaused ? 'project.pause' : 'project.resume', actor, ({ record }) => {
      requireNotDeleted(record)
      return (record.status === 'paused') === isPaused ? null : { isPaused }
    })
    return summaryIn(ref)
  }

  const setDeleted = async (ref: string, isDeleted: boolean, actor: Actor) => {
    await alter(ref, isDeleted ? 'project.delete' : 'project.restore', actor, ({ record }) =>
      (record.status === 'deleted') === isDeleted ? null : { isDeleted },
    )
    return summaryIn(ref)
  }

  return {
    list: () => read(store, readSummaries),
    show: async (ref) => {
      const { record, summary } = await show(ref)
      return { record, summary }
    },
    create: (input, actor) => createProject(options, input, actor),
    update: async (ref, update, actor) => {
      const warnings = await updateWhole(options, alter, ref, update, actor)
      return { record: (await show(ref)).record, warnings }
    },
    pause: (ref, actor) => setPaused(ref, true, actor),
    resume: (ref, actor) => setPaused(ref, false, actor),
    remove: (ref, actor) => setDeleted(ref, true, actor),
    restore: (ref, actor) => setDeleted(ref, false, actor),
    purge: (ref, how, actor) => purgeProject(options, ref, how, actor),
    rotateKeys: async (ref, rotation, actor) => {
      await alter(ref, 'project.rotate_keys', actor, ({ record }) => {
        requireNotDeleted(record)
        const keys = rotatedKeys(ref, record.keys, rotation, { random, nowMs: store.clock.now() })
        return { keys, detail: { grace_ms: rotation.graceMs } }
      })
      return (await show(ref)).record
    },
    changeConfig: async (ref, patch, actor) => {
      let problems: readonly ConfigProblem[] = []
      await alter(ref, 'project.config', actor, ({ record }) => {
        requireNotDeleted(record)
        const config = mergeConfigTree(record.config, patch)
        problems = checkProjectConfig(config)
        return problems.length > 0 ? null : { config, detail: { keys: namesIn(patch) } }
      })
      return problems
    },
    testDatabase: async (ref, databaseUrl) => {
      const url = databaseUrl ?? (await show(ref)).record.databaseUrl
      return (await testDatabase(await options.resolveSecret(url))).warnings
    },
  }
}

function requireNotDeleted({ ref, status }: ProjectRecord): void {
  if (status === 'deleted') throw controlErrors.control_project_deleted({ ref })
}

/** For the audit log: which options, never what they are set to. */
const namesIn = (patch: ConfigTree): string[] => pathsOf(patch).slice(0, 50)

/** What the services need is brought into the database before it is anybody's; without the row nobody uses it. */
async function takeDatabase(
  { store, resolveSecret, ownIdentity }: ProjectsOptions,
  ref: string,
  given: string,
): Promise<{ readonly identity: string | null; readonly warnings: readonly Requirement[] }> {
  const url = await resolveSecret(given)
  const { identity, warnings } = await testDatabase(url)
  if (identity !== null && identity === ownIdentity)
    throw controlErrors.control_database_taken({
      by: 'the fleet itself: it is its control database',
    })
  const [other] = await read(store, (transaction) =>
    transaction.rows<{ ref: string }>(sql`/* control.findDatabaseOwner */
      select ref from basalt_control.projects where database_identity = ${identity} and ref <> ${ref}`),
  )
  if (other !== undefined)
    throw controlErrors.control_database_taken({ by: 'another project of this fleet' })
  await provisionDatabase(url)
  return { identity, warnings }
}

async function createProject(
  options: ProjectsOptions,
  input: NewProjectInput,
  actor: Actor,
): Promise<Taken> {
  const { store, random } = options
  const { ref, name = ref, databaseUrl, config = {}, algorithm } = input
  requireRef(ref)
  requireName(name)
  requireConfig(config)
  const isTaken = await read(store, (transaction) => readProject(store, transaction, ref))
  if (isTaken !== null) throw controlErrors.control_ref_taken({ ref })
  const { identity, warnings } = await takeDatabase(options, ref, databaseUrl)
  const fresh = mintKeys(ref, { random, nowMs: store.clock.now() }, algorithm)
  const keys = { ...fresh, encryptionKey: secretText(random), retired: [] }
  const record = await change(store, async (transaction) => {
    await insertProject(store, transaction, {
      ref,
      name,
      databaseUrl,
      config,
      keys,
      databaseIdentity: identity,
    })
    await transaction.run(auditRow(actor, 'project.create', ref, { name }))
    return (await lockProject(store, transaction, ref)).record
  })
  return { record, warnings }
}

type Alter = (
  ref: string,
  action: string,
  actor: Actor,
  decide: (project: OpenProject) => (ProjectChange & { detail?: object }) | null,
) => Promise<void>

async function updateWhole(
  options: ProjectsOptions,
  alter: Alter,
  ref: string,
  { name, databaseUrl, config: patch }: ProjectUpdate,
  actor: Actor,
): Promise<readonly Requirement[]> {
  if (name !== undefined) requireName(name)
  const before = await read(options.store, (transaction) =>
    readProject(options.store, transaction, ref),
  )
  if (before === null) throw controlErrors.control_project_not_found({ ref })
  requireNotDeleted(before.record)
  const taken = databaseUrl === undefined ? null : await takeDatabase(options, ref, databaseUrl)
  await alter(ref, 'project.update', actor, ({ record }) => {
    requireNotDeleted(record)
    const config = patch === undefined ? undefined : mergeConfigTree(record.config, patch)
    if (config !== undefined) requireConfig(config)
    return {
      ...(name === undefined ? {} : { name }),
      ...(config === undefined ? {} : { config }),
      ...(taken === null || databaseUrl === undefined
        ? {}
        : { database: { url: databaseUrl, identity: taken.identity } }),
      detail: {
        ...(name === undefined ? {} : { name }),
        ...(patch === undefined ? {} : { keys: namesIn(patch) }),
        ...(databaseUrl === undefined ? {} : { database: 'changed' }),
      },
    }
  })
  return taken?.warnings ?? []
}

/** The slot goes first: with the record gone nobody would know of it. */
async function purgeProject(
  { store, resolveSecret }: ProjectsOptions,
  ref: string,
  { confirm, force = false }: { readonly confirm: string; readonly force?: boolean },
  actor: Actor,
): Promise<void> {
  const found = await read(store, (transaction) => readProject(store, transaction, ref))
  if (found === null) throw controlErrors.control_project_not_found({ ref })
  if (found.record.status !== 'deleted') throw controlErrors.control_project_not_deleted({ ref })
  if (confirm !== ref) throw controlErrors.control_purge_unconfirmed({ ref })
  const left = await dropSlots(await resolveSecret(found.record.databaseUrl)).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  if (left !== null && !force) throw controlErrors.control_database_slots_left({ reason: left })
  await change(store, async (transaction) => {
    const { record } = await lockProject(store, transaction, ref)
    if (record.status !== 'deleted') throw controlErrors.control_project_not_deleted({ ref })
    await transaction.run(
      sql`/* control.purgeProject */ delete from basalt_control.projects where ref = ${ref}`,
      auditRow(actor, 'project.purge', ref, left === null ? {} : { slots_left: true }),
    )
  })
}
