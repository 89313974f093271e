/** What is done with projects, from their making to their end. Every change is one transaction with its line in the audit log. */
import type { Actor, ProjectRecord } from '#host/control-plane/core'
import { read, readSummaries } from '#host/control-plane/store'
import type { OpenProject, ProjectSummary } from '#host/control-plane/store'
import type { Requirement } from '#host/platform'
import { mergeConfigTree } from '#base/config'
import type { ConfigProblem, ConfigTree } from '#base/config'
import {
  createAlter,
  namesIn,
  requireNotDeleted,
  requireProject,
  showProject,
} from './alter-project.ts'
import { createProject } from './create-project.ts'
import { rotatedKeys } from './mint-keys.ts'
import type { Rotation } from './mint-keys.ts'
import { checkProjectConfig } from './project-config.ts'
import { testDatabase } from './project-database.ts'
import type { NewProjectInput, ProjectUpdate, ProjectsOptions, Taken } from './project-input.ts'
import { purgeProject } from './purge-project.ts'
import { updateProject } from './update-project.ts'

export interface Projects {
  list(): Promise<ProjectSummary[]>
  /** @throws control_project_not_found */
  show(ref: string): Promise<{ readonly record: ProjectRecord; readonly summary: ProjectSummary }>
  /** @throws control_project_not_found */
  exists(ref: string): Promise<void>
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

export function createProjects(options: ProjectsOptions): Projects {
  const { store, random } = options
  const show = (ref: string): Promise<OpenProject> => showProject(store, ref)
  const alter = createAlter(store)
  const summaryIn = async (ref: string): Promise<ProjectSummary> => (await show(ref)).summary

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
    exists: (ref) => requireProject(store, ref),
    create: (input, actor) => createProject(options, input, actor),
    update: async (ref, update, actor) => {
      const warnings = await updateProject(options, alter, ref, update, actor)
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
