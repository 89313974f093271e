/** What is deployed of a project, opened: a source to run it from, and the endpoints that change it. */
import type { BlobStore } from '#base/blob'
import type { Config } from '#base/config'
import type { Database } from '#base/db'
import type { Clock, Log, Random } from '#base/kernel'
import type { Sealer } from '#base/token'
import { ArtifactStore } from '#services/functions/artifact'
import type { FunctionLogs, FunctionSource, Prepare } from '#services/functions/core'
import { managementRoutes, openManagement } from '#services/functions/management'
import type { ManagementRoute } from '#services/functions/management'
import { createRegistrySource, Registry, SecretStore } from '#services/functions/registry'

export interface DeploymentsOptions {
  /** As `functionsLogin`. */
  readonly db: Database
  /** Whose listening connection is shared. */
  readonly listenOn: Pick<Database, 'listen'>
  readonly ref: string
  readonly blobs: BlobStore
  /** Where this process unpacks functions: asked for when there are some. */
  readonly folder: () => string
  readonly config: () => Config
  readonly sealer: Sealer
  readonly prepare: Prepare
  readonly logs: FunctionLogs | null
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Deployments {
  readonly source: FunctionSource
  readonly routes: readonly ManagementRoute[]
  close(): Promise<void>
}

/** Secrets that lie under the previous key are sealed anew. */
export async function openDeployments(options: DeploymentsOptions): Promise<Deployments> {
  const { db, listenOn, ref, blobs, folder, config, clock, random, log } = options
  const registry = new Registry({
    db,
    ref,
    keptVersions: () => config()['basalt.functions.kept_versions'],
  })
  const secrets = new SecretStore({ db, ref, sealer: options.sealer, log })
  // without a question, and a connection for it, where there is nothing to do
  const renewed = options.sealer.hasPrevious ? await secrets.renew() : 0
  if (renewed > 0) log.info('secrets of functions were sealed with the present key', { renewed })
  const limits = () => ({
    packedBytes: config()['basalt.functions.max_artifact_size'],
    unpackedBytes: config()['basalt.functions.max_unpacked_size'],
    cacheBytes: config()['basalt.functions.cache_size'],
  })
  const artifacts = new ArtifactStore({ blobs, folder, limits, random })
  const parts = { registry, secrets, artifacts }
  const source = await createRegistrySource({ ...parts, listenOn, config, clock, log })
  const management = openManagement({
    ...parts,
    prepare: options.prepare,
    logs: options.logs,
    maxUploadBytes: () => limits().unpackedBytes,
    log,
  })
  return { source, routes: managementRoutes(management), close: () => source.close() }
}
