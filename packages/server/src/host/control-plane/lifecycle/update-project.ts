/** Name, database and configuration of a project, changed together. */
import type { Actor } from '#host/control-plane/core'
import type { Requirement } from '#host/platform'
import { mergeConfigTree } from '#base/config'
import { namesIn, requireNotDeleted, showProject } from './alter-project.ts'
import type { Alter } from './alter-project.ts'
import { takeDatabase } from './create-project.ts'
import { requireConfig, requireName } from './project-input.ts'
import type { ProjectUpdate, ProjectsOptions } from './project-input.ts'

export async function updateProject(
  options: ProjectsOptions,
  alter: Alter,
  ref: string,
  { name, databaseUrl, config: patch }: ProjectUpdate,
  actor: Actor,
): Promise<readonly Requirement[]> {
  if (name !== undefined) requireName(name)
  const before = (await showProject(options.store, ref)).record
  requireNotDeleted(before)
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
  if (taken === null) return []
  return before.databaseUrl === databaseUrl ? taken.warnings : [...taken.warnings, slotsLeft]
}

/** Nodes are still on the database of before, and may make a slot at any moment until they have moved. */
const slotsLeft: Requirement = {
  level: 'warning',
  message:
    'if this is another database than before: that one may keep a replication slot, which holds back its log and fills its disk',
  remedy:
    "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'basalt_%' and database = current_database(); -- there, in a minute",
}
