/** `basalt storage sweep`: what was left behind where objects are kept, beside a project that may run. */
import type { Config } from '#base/config'
import { openDatabase, parseConnectionUrl } from '#base/db'
import { readArtifactBlobs } from '#services/functions'
import { sweepStorage } from '#services/storage'
import type { Orphan, SweepReport } from '#services/storage'
import { openBlobs } from '#host/node/blobs'
import { StartError } from '#host/node/core'

export interface SweepLocalOptions {
  readonly workdir: string
  readonly config: Config
  readonly databaseUrl: string
  /** Default now. */
  readonly nowMs?: number
  /** Without it the orphans are only told. */
  readonly deletes: boolean
  readonly onOrphan: (orphan: Orphan) => void
}

/** @throws StartError */
export async function sweepLocal(options: SweepLocalOptions): Promise<SweepReport> {
  const { workdir, config, databaseUrl, nowMs = Date.now(), deletes, onOrphan } = options
  if (config['storage.backend'] === 'memory')
    throw new StartError(
      'config',
      'storage.backend is "memory": what it keeps goes with the process, there is nothing to sweep.',
    )
  const blobs = openBlobs(workdir, config)
  const db = openDatabase({ connection: parseConnectionUrl(databaseUrl), maxConnections: 2 })
  try {
    const others = (await readArtifactBlobs(db)).map((key) => blobs.nameOf(key))
    return await sweepStorage({ db, blobs, others, nowMs, deletes, onOrphan })
  } finally {
    await db.close()
    await blobs.close()
  }
}
