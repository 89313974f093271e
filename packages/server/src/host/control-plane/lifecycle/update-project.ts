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
  requireNotDeleted((await showProject(options.store, ref)).record)
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
