/** What answers under one configuration: the caller's role, the data API, and the database below it. */
import { defineConfig } from '#base/config'
import type { LoadedRestConfig, RestConfig } from '#base/config'
import { openDataApi, toDataApiOptions } from '#services/data-api'
import type { DataApiOptions, OpenDataApi } from '#services/data-api'
import { openDatabase } from '#base/db'
import type { Database } from '#base/db'
import { systemRandom } from '#base/kernel'
import type { Clock, Log } from '#base/kernel'
import type { Project } from '#base/service'
import { createAuthenticator } from './authenticator.ts'
import type { Authenticate } from './authenticator.ts'
import { connectionOf } from './connection.ts'

/** What answers, made anew when the configuration changes. */
export interface Runtime {
  readonly project: Project
  readonly authenticate: Authenticate
  readonly dataApi: OpenDataApi
}

/** Upstream has no limit of its own; this one keeps a body addressable. */
const maxBodyBytes = 1024 * 1024 * 1024

/** Reads the catalog. Rejects when the database cannot be reached. */
export async function openRuntime(
  config: RestConfig,
  db: Database,
  log: Log,
  clock: Clock,
): Promise<Runtime> {
  const authenticate = createAuthenticator(config, clock)
  const project = projectOf(config, db, log, clock)
  return {
    project,
    authenticate,
    dataApi: await openDataApi(project, { ...toDataApiOptions(config), ...ofRest(config) }),
  }
}

/** The pool of `db-uri`; one for the life of the process, as its options cannot be reloaded. */
export function openRestDatabase({ config, libpq }: LoadedRestConfig): Database {
  return openDatabase({
    connection: connectionOf(config['db-uri'], libpq),
    minConnections: 1,
    maxConnections: config['db-pool'],
    acquireTimeoutMs: config['db-pool-acquisition-timeout'] * 1_000,
    idleTimeoutMs: config['db-pool-max-idletime'] * 1_000,
    lifetimeMs: config['db-pool-max-lifetime'] * 1_000,
    preparedStatements: config['db-prepared-statements'],
  })
}

/** What differs from the data API of a platform. */
function ofRest(config: RestConfig): Partial<DataApiOptions> {
  return {
    maxBodyBytes,
    ignoredParameters: [],
    channel: config['db-channel-enabled'] ? config['db-channel'] : null,
    openApi: {
      mode: config['openapi-mode'],
      security: config['openapi-security-active'],
      proxyUri: config['openapi-server-proxy-uri'],
      basePath: '/',
    },
    transactions: false,
    legacyTargetNames: config['url-use-legacy-target-names'],
  }
}

/** A project as the data API sees it. It has no API keys and signs nothing. */
function projectOf(config: RestConfig, db: Database, log: Log, clock: Clock): Project {
  const none = ''
  return {
    ref: 'rest',
    config: defineConfig({
      'api.schemas': config['db-schemas'],
      'api.extra_search_path': config['db-extra-search-path'],
      'api.max_rows': config['db-max-rows'] ?? 0,
    }),
    keys: {
      jwtSecret: none,
      anonKey: none,
      serviceRoleKey: none,
      publishableKey: none,
      secretKey: none,
    },
    verifier: { verify: () => unverified, clear: () => {} },
    db,
    apiDb: db,
    log,
    clock,
    random: systemRandom,
    externalUrl: addressOf(config),
  }
}

/** Tokens are verified before the data API is asked. */
const unverified = { ok: false, failure: 'key', message: 'No suitable key' } as const

function addressOf(config: RestConfig): string {
  const host = /^[!*]/.test(config['server-host']) ? '0.0.0.0' : config['server-host']
  return `http://${host.includes(':') ? `[${host}]` : host}:${config['server-port']}`
}
