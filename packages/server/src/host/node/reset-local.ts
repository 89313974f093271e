/** `basalt db reset`: a new database with everything applied, whether the project runs or not. */
import type { Config } from '#base/config'
import { silentLog } from '#base/kernel'
import { discardDatabase } from './local-database.ts'
import { openLocalStack } from './local-stack.ts'
import type { OnProgress } from '#host/node/core'
import { lockProject, readRunState } from './run-state.ts'
import type { RunState } from './run-state.ts'
import { StartError } from '#host/node/core'

export interface ResetLocalOptions {
  readonly workdir: string
  readonly config: Config
  /** Migrations up to this one only. */
  readonly version?: string
  readonly seed: boolean
  readonly onProgress: OnProgress
  readonly onWarning: (message: string) => void
}

/** As sent to a running project; who reads it trusts no type. */
export interface ResetWish {
  readonly version?: unknown
  readonly seed?: unknown
}

/** A running project resets itself and goes on under the same ports; otherwise the database is made ready for the next start. */
export async function resetLocal(options: ResetLocalOptions): Promise<void> {
  if (options.config['basalt.db_url'] !== null) {
    throw new StartError(
      'config',
      'Only the embedded database can be reset, and this project uses one of your own (BASALT_DB_URL or basalt.db_url). Recreate that one by its own means.',
    )
  }
  const running = readRunState(options.workdir)
  return running === null ? resetStopped(options) : resetRunning(running, options)
}

async function resetStopped(options: ResetLocalOptions): Promise<void> {
  const { workdir, config, seed, version, onProgress, onWarning } = options
  const lock = lockProject(workdir)
  try {
    await discardDatabase(workdir)
    const stack = await openLocalStack({
      workdir,
      config: seed ? config : { ...config, 'db.seed.enabled': false },
      log: silentLog,
      onProgress,
      onWarning,
      onFailure: () => {},
      ...(version === undefined ? {} : { version }),
    })
    await stack.close()
  } finally {
    lock.release()
  }
}

async function resetRunning(running: RunState, options: ResetLocalOptions): Promise<void> {
  const { version, seed } = options
  const response = await fetch(`${running.adminUrl}/reset`, {
    method: 'POST',
    headers: { authorization: `Bearer ${running.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ version, seed }),
  })
  const answer = (await response.json()) as { message?: string; warnings?: string[] }
  for (const warning of answer.warnings ?? []) options.onWarning(warning)
  if (!response.ok)
    throw new StartError('postgres-failed', answer.message ?? `HTTP ${response.status}`)
}
