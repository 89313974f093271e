/** What is deployed of the project, for a platform that runs functions. */
import { functionsLogin, openDeployments } from '#services/functions'
import type { Deployments } from '#services/functions'
import type { Project } from '#base/service'
import type { Sealer } from '#base/token'
import type { Databases } from './open-databases.ts'
import type { PlatformOptions } from './platform-options.ts'
import type { OwnBlobs } from './project-services.ts'

/** Null where no functions run. */
export async function openDeployed(
  { config, blobs, functions }: PlatformOptions & OwnBlobs,
  project: Project,
  { apiDb, of }: Databases,
  sealer: Sealer,
): Promise<Deployments | null> {
  if (functions === undefined || !config['edge_runtime.enabled']) return null
  const { ref, clock, random, log } = project
  return openDeployments({
    db: of(functionsLogin),
    listenOn: apiDb,
    ref,
    blobs,
    folder: functions.deployedFolder,
    config: () => project.config,
    sealer,
    prepare: functions.prepare,
    logs: functions.logs,
    clock,
    random,
    log,
  })
}
