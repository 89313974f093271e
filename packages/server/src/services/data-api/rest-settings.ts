/** PostgREST's settings as options of the data API, and those that a database has for its platform. */
import { loadRestConfig } from '#base/config'
import type { Config, RestConfig } from '#base/config'
import type { Log } from '#base/kernel'
import { qualifiedName } from './database-settings.ts'
import { defaultOptions } from './options.ts'
import type { DataApiOptions } from './options.ts'

export function toDataApiOptions(config: RestConfig): Partial<DataApiOptions> {
  const preRequest = config['db-pre-request']
  return {
    anonRole: config['db-anon-role'],
    aggregates: config['db-aggregates-enabled'],
    explain: config['db-plan-enabled'],
    txEnd: config['db-tx-end'],
    preRequest: preRequest === null ? null : qualifiedName(preRequest),
    serverTiming: config['server-timing-enabled'],
    appSettings: Object.entries(config['app.settings']).map(
      ([name, value]) => [`app.settings.${name}`, value] as const,
    ),
    hoistedSettings: config['db-hoisted-tx-settings'],
    rootSpec: config['db-root-spec'],
  }
}

export interface PlatformSettings {
  readonly options: Partial<DataApiOptions>
  /** Of the project's configuration, with what the database says. */
  readonly config: Pick<Config, 'api.schemas' | 'api.extra_search_path' | 'api.max_rows'>
}

/**
 * config.toml, and over it what the database says (`alter role authenticator set pgrst.db_max_rows = '100'`), as hosted
 * Supabase has it. What is no value of its setting is left out, with a warning.
 */
export function platformSettings(
  config: Config,
  inDatabase: Readonly<Record<string, string>>,
  log: Log,
): PlatformSettings {
  const environment = beneath(config)
  const usable = Object.entries(inDatabase).filter(([name, value]) => {
    try {
      loadRestConfig({ environment, inDatabase: { [name]: value } })
      return true
    } catch (error) {
      log.warn('a setting of the database is left out', {
        key: `pgrst.${name}`,
        message: error instanceof Error ? error.message : String(error),
      })
      return false
    }
  })
  const rest = loadRestConfig({ environment, inDatabase: Object.fromEntries(usable) }).config
  return {
    options: {
      ...toDataApiOptions(rest),
      openApi: {
        ...defaultOptions.openApi,
        mode: rest['openapi-mode'],
        security: rest['openapi-security-active'],
      },
      maxBodyBytes: config['basalt.max_body_size'],
      safeUpdate: config['basalt.rest.safe_update'],
    },
    config: {
      'api.schemas': rest['db-schemas'],
      'api.extra_search_path': rest['db-extra-search-path'],
      'api.max_rows': rest['db-max-rows'] ?? 0,
    },
  }
}

/** The project's configuration in PostgREST's variables. */
function beneath(config: Config): Record<string, string> {
  const maxRows = config['api.max_rows']
  return {
    PGRST_DB_SCHEMAS: config['api.schemas'].join(','),
    PGRST_DB_EXTRA_SEARCH_PATH: config['api.extra_search_path'].join(','),
    ...(maxRows === 0 ? {} : { PGRST_DB_MAX_ROWS: String(maxRows) }),
    PGRST_DB_ANON_ROLE: 'anon',
    PGRST_DB_AGGREGATES_ENABLED: String(config['basalt.rest.db_aggregates_enabled']),
    PGRST_DB_PLAN_ENABLED: String(config['basalt.rest.db_plan_enabled']),
    PGRST_DB_TX_END: config['basalt.rest.db_tx_end'],
    // the gateway's, not looked at here
    PGRST_JWT_SECRET: 'x'.repeat(32),
  }
}
