/** Customers' keys enabled, disabled, and how it stands. */
import type { Config, ConfigProblem, ConfigTree } from '#base/config'
import { DatabaseError, decodeRows, migrate } from '#base/db'
import type { Database, Result } from '#base/db'
import { PlatformError } from '#base/kernel'
import { sql } from '#base/sql'
import { apiKeyErrors } from './errors.ts'
import { serviceSession } from './find-keys.ts'
import { apiKeyMigrations } from './migrations.ts'

export interface ManageApiKeys {
  /** As the platform's own user. */
  readonly db: Database
  /** As who may become the service role. */
  readonly apiDb: Database
  readonly configuration: {
    current(): Config
    change(patch: ConfigTree): Promise<readonly ConfigProblem[]>
  }
}

export interface ApiKeysStatus {
  readonly enabled: boolean
  /** The tables are there. */
  readonly installed: boolean
  /** How many; null without tables. */
  readonly keys: number | null
  readonly max_rate_limit: number
  readonly max_monthly_quota: number
  readonly max_keys_per_user: number
  readonly usage_retention_seconds: number
}

const blocked = '55000'

/** The tables first: with others of their names nothing is changed. @throws api_keys_blocked */
export async function enableApiKeys(options: ManageApiKeys): Promise<ApiKeysStatus> {
  try {
    await migrate(options.db, apiKeyMigrations)
  } catch (error) {
    if (error instanceof DatabaseError && error.code === blocked)
      throw apiKeyErrors.api_keys_blocked({ reason: error.message }, error)
    throw error
  }
  return setEnabled(options, true)
}

/** Keys are none any more; tables and what is in them stay. */
export function disableApiKeys(options: ManageApiKeys): Promise<ApiKeysStatus> {
  return setEnabled(options, false)
}

async function setEnabled(options: ManageApiKeys, enabled: boolean): Promise<ApiKeysStatus> {
  const [problem] = await options.configuration.change({ basalt: { api_keys: { enabled } } })
  if (problem !== undefined)
    throw new PlatformError({ code: 'config_invalid', status: 400, message: problem.message })
  return describeApiKeys(options)
}

export async function describeApiKeys({
  apiDb,
  configuration,
}: ManageApiKeys): Promise<ApiKeysStatus> {
  const config = configuration.current()
  return {
    enabled: config['basalt.api_keys.enabled'],
    ...(await countKeys(apiDb)),
    max_rate_limit: config['basalt.api_keys.max_rate_limit'],
    max_monthly_quota: config['basalt.api_keys.max_monthly_quota'],
    max_keys_per_user: config['basalt.api_keys.max_keys_per_user'],
    usage_retention_seconds: config['basalt.api_keys.usage_retention'] / 1000,
  }
}

async function countKeys(apiDb: Database): Promise<Pick<ApiKeysStatus, 'installed' | 'keys'>> {
  const [found] = await apiDb.transaction(serviceSession, [
    sql`/* apiKeys.isInstalled */ select pg_catalog.to_regclass('basalt_keys.settings') is not null as installed`,
  ])
  const installed = decodeRows<{ installed: boolean }>(found as Result)[0]?.installed === true
  if (!installed) return { installed, keys: null }
  const [counted] = await apiDb.transaction(serviceSession, [
    sql`/* apiKeys.count */ select pg_catalog.count(*) as keys from public.api_keys`,
  ])
  return { installed, keys: decodeRows<{ keys: number }>(counted as Result)[0]?.keys ?? 0 }
}
