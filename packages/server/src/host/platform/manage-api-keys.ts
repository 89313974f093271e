/** `basalt apikeys … --db-url`: customers' keys of a database, whether a platform runs on it or not. */
import { readFileSync } from 'node:fs'
import { apiKeyErrors, describeApiKeys, disableApiKeys, enableApiKeys } from '#services/api-keys'
import type { ApiKeysStatus } from '#services/api-keys'
import type { Config } from '#base/config'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { silentLog } from '#base/kernel'
import { sql } from '#base/sql'
import { createSealer } from '#base/token'
import { openProjectConfig } from '#host/control'

export interface ManageApiKeysOptions {
  readonly databaseUrl: string
  /** Whose keys open what is stored in the database. */
  readonly config: Config
}

const actions = { enable: enableApiKeys, disable: disableApiKeys, status: describeApiKeys }

/** Platforms on the database hear of it. @throws PlatformError */
export async function manageApiKeys(
  action: keyof typeof actions,
  { databaseUrl, config }: ManageApiKeysOptions,
): Promise<ApiKeysStatus> {
  const connection = parseConnectionUrl(databaseUrl, (path) => readFileSync(path, 'utf8'))
  const db = openDatabase({ connection, maxConnections: 2, acquireTimeoutMs: 10_000 })
  try {
    await requireProvisioned(db)
    const seal = createSealer(
      config['basalt.encryption_key'] ?? config['auth.jwt_secret'],
      config['basalt.previous_encryption_key'],
    )
    const listenOn = { listen: () => Promise.resolve(() => {}) }
    const project = { db, listenOn, ref: 'default', base: config, log: silentLog, seal }
    const configuration = await openProjectConfig(project)
    return await actions[action]({ db, apiDb: db, configuration })
  } finally {
    await db.close()
  }
}

async function requireProvisioned(db: Database): Promise<void> {
  const [result] = await db.transaction(ownSession, [
    sql`/* platform.isProvisioned */ select 1 from pg_catalog.pg_class where oid = pg_catalog.to_regclass('basalt.project_config')`,
  ])
  if (result?.rowCount === 1) return
  throw apiKeyErrors.api_keys_no_project()
}
