/** What a node lends each of its projects: a place for its bytes, and one for its functions to run in. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProjectApi } from '#host/fleet'
import type { BlobStore } from '#base/blob'
import type { Config } from '#base/config'
import type { Log } from '#base/kernel'
import { openFunctions } from '#host/node/functions'
import { openBlobs } from '#host/node/blobs'
import type { FunctionSource, FunctionsRuntime } from '#services/functions'

/** For objects that were read, of each project. */
const cacheBytes = 2 * 1024 * 1024

/** A place of its own within that of the node, by its ref; in a bucket of the project's own too. */
export function projectBlobs(ref: string, config: Config): BlobStore {
  const path = config['storage.path']
  return openBlobs('.', {
    ...config,
    'storage.path': path === null ? null : join(path, ref),
    'storage.s3.prefix': `${config['storage.s3.prefix']}${ref}/`,
    'storage.memory_cache': Math.min(config['storage.memory_cache'], cacheBytes),
  })
}

const nothing: FunctionSource = {
  find: () => Promise.resolve(null),
  close: () => Promise.resolve(),
}

/** `slot` names the process on this machine: the folders of one that was killed are found again. */
export function projectFunctions(slot: string, log: Log) {
  const openings = new Map<string, number>()
  return (ref: string, config: Config, platform: () => ProjectApi): FunctionsRuntime | null => {
    if (!config['edge_runtime.enabled']) return null
    // one may still be closing while the next is open
    const opening = openings.get(ref) ?? 0
    openings.set(ref, opening + 1)
    const place = `${ref}-${opening % 2}`
    const runtime = openFunctions({
      workdir: join(tmpdir(), `basalt-fleet-${slot}`, place),
      config,
      log,
      databaseUrl: config['basalt.functions.db_url'],
      platform,
    })
    // there are no folders of projects here: what they have was deployed
    return { ...runtime, source: () => nothing }
  }
}
