/** `basalt doctor`: every check that can be made from here. */
import type { Config } from '#base/config'
import {
  ConnectionError,
  decodeRows,
  openDatabase,
  parseConnectionUrl,
  refusalCode,
  remedyOfServer,
  systemSession,
} from '#base/db'
import type { Result } from '#base/db'
import type { Statement } from '#base/sql'
import {
  addressChecks,
  backupChecks,
  check,
  configChecks,
  examineDatabase,
  machineChecks,
  unknownBackups,
} from '#host/doctor'
import type { Check } from '#host/doctor'

/** Of a connection to what does not speak. */
const connectMs = 2_000

export interface Deployment {
  /** Null: an address is all that is known. */
  readonly config: Config | null
  readonly workdir: string
  /** Null: no database is known, or it does not run. */
  readonly databaseUrl: string | null
  /** A database of projects, or one of their own; of the former nobody calls the API. */
  readonly isControl: boolean
  readonly url: URL | null
  /** Of a statement on the catalog, which somebody may have locked. Default 5 s. */
  readonly patienceMs?: number
}

export async function examineDeployment(deployment: Deployment): Promise<readonly Check[]> {
  const { config, workdir, databaseUrl, url } = deployment
  const parts = await Promise.all([
    databaseUrl === null ? [] : databaseOf(databaseUrl, deployment),
    url === null ? [] : addressChecks(url),
    config?.['basalt.backup.enabled'] === true ? backupsOf(config, workdir) : [],
  ])
  const own = config === null ? [] : [...configChecks(config, workdir), ...machineChecks(workdir)]
  const all = [...parts.flat(), ...own]
  // what was found from outside says more than the configuration
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index)
}

async function backupsOf(config: Config, workdir: string): Promise<readonly Check[]> {
  try {
    const { listLocalBackups } = await import('#host/node/backup')
    const { place, backups } = await listLocalBackups({ config, workdir })
    const known = backups.map(({ manifest, verification }) => ({
      madeMs: manifest === null ? null : Date.parse(manifest.endedAt),
      verifiedMs: verification?.ok === true ? Date.parse(verification.verifiedAt) : null,
    }))
    return backupChecks(known, place)
  } catch (error) {
    return [unknownBackups(error instanceof Error ? error.message : String(error))]
  }
}

async function databaseOf(
  url: string,
  { config, isControl, patienceMs = 5_000 }: Deployment,
): Promise<readonly Check[]> {
  const remedyOf = (error: unknown): string =>
    remedyOfServer(refusalCode(error)) ??
    'Look whether it runs, at the address, the user and the password of its URL.'
  const failed = (error: unknown): Check[] => [
    check(
      'database',
      false,
      error instanceof Error ? error.message : String(error),
      remedyOf(error),
      'error',
    ),
  ]
  let connection
  try {
    connection = parseConnectionUrl(url)
  } catch (error) {
    return failed(error)
  }
  const connectTimeoutMs = Math.min(connection.connectTimeoutMs, connectMs)
  const db = openDatabase({
    connection: { ...connection, connectTimeoutMs },
    maxConnections: 1,
    // why it cannot be had says more than that it does not answer
    connectPatienceMs: connectMs / 2,
  })
  const read = async <T>(statement: Statement): Promise<T[]> => {
    const run = { prepare: false, timeoutMs: patienceMs }
    const [result] = await db
      .transaction(systemSession, [statement], run)
      .catch((error: unknown) => {
        if (!(error instanceof ConnectionError) || error.failure !== 'deadline') throw error
        const message = `Postgres took longer than ${patienceMs / 1000} s over a statement on its catalog: somebody may have locked it (pg_locks)`
        throw new Error(message, { cause: error })
      })
    return decodeRows<T>(result as Result)
  }
  const probe = (): Promise<unknown> =>
    read({ name: 'doctor.probe', text: '/* doctor.probe */ select 1', values: [] })
  try {
    return await examineDatabase(
      { probe, read },
      {
        schemas: isControl ? [] : (config?.['api.schemas'] ?? ['public', 'graphql_public']),
        needsLog: !isControl && (config?.['realtime.enabled'] ?? true),
        mostConnections: isControl ? null : (config?.['basalt.db.pool_max'] ?? null),
      },
    )
  } catch (error) {
    return failed(error)
  } finally {
    void db.close().catch(() => {})
  }
}
