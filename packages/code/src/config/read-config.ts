/** Every option, one row: the variable, its default, what it must be. */
import { isIP } from 'node:net'

export interface CodeConfig {
  readonly databaseUrl: string
  /** For LISTEN, which a pooler in transaction mode does not pass on. */
  readonly directUrl: string
  /** Off behind poolers in transaction mode. */
  readonly preparedStatements: boolean
  readonly supabaseUrl: string
  readonly anonKey: string
  readonly serviceKey: string
  readonly poolSize: number
  /** Of a statement, to the end of its answer. */
  readonly queryTimeoutMs: number
  readonly cacheTtlMs: number
  readonly host: string
  readonly port: number
  /** Secrets of webhooks are derived from it. */
  readonly secret: string
  readonly dataDir: string
  /** Hosts (`name` or `name:port`) that may be private, local and http. */
  readonly allowedHosts: readonly string[]
  readonly allowedOrigins: readonly string[]
  /** Addresses that may say who the client is. */
  readonly trustedProxies: readonly string[]
  readonly sshKeyFile: string | null
  readonly sshKnownHosts: string | null
  readonly concurrency: number
  readonly parserThreads: number
  readonly maxRepositoryBytes: number
  readonly maxFiles: number
  readonly maxFileBytes: number
  readonly cloneTimeoutMs: number
  readonly parseTimeoutMs: number
  readonly jobTimeoutMs: number
  readonly pollMs: number
  readonly staleMs: number
  readonly searchTimeoutMs: number
  /** Of names of symbols in memory; 0: none. */
  readonly nameCacheBytes: number
  /** Of answers of searches; 0: none. */
  readonly answerCacheBytes: number
}

export type Environment = (name: string) => string | null

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const postgres = ['postgres:', 'postgresql:']

function isHost(item: string): boolean {
  return /^[\w.:-]+$/.test(item)
}

function isOrigin(item: string): boolean {
  return item === '*' || (URL.canParse(item) && new URL(item).origin === item)
}

function isRange(item: string): boolean {
  const [network = '', prefix = '0', ...rest] = item.split('/')
  const most = isIP(network) === 4 ? 32 : 128
  return isIP(network) !== 0 && /^\d+$/.test(prefix) && Number(prefix) <= most && rest.length === 0
}

/** All problems are told at once. @throws ConfigError */
export function readConfig(environment: Environment): CodeConfig {
  const reader = new Reader(environment)
  const databaseUrl = reader.url('DATABASE_URL', postgres)
  const serviceKey = reader.text('SUPABASE_SERVICE_KEY')
  const isPooled = /:6543(\/|$)/.test(databaseUrl)
  const poolSize = reader.number('DATABASE_POOL_SIZE', 20, 1, 1_000)
  const most = reader.number('DATABASE_MAX_CONNECTIONS', 25, 2, 1_000)
  const config: CodeConfig = {
    databaseUrl,
    directUrl:
      reader.optional('DATABASE_DIRECT_URL') === null
        ? databaseUrl
        : reader.url('DATABASE_DIRECT_URL', postgres),
    preparedStatements: reader.flag('DATABASE_PREPARED_STATEMENTS', !isPooled),
    supabaseUrl: reader.url('SUPABASE_URL', ['http:', 'https:']).replace(/\/+$/, ''),
    anonKey: reader.text('SUPABASE_ANON_KEY'),
    serviceKey,
    // one connection listens
    poolSize: Math.min(poolSize, most - 1),
    queryTimeoutMs: reader.number('DATABASE_TIMEOUT_SECONDS', 30, 1, 3_600) * 1_000,
    cacheTtlMs: reader.number('CACHE_TTL_SECONDS', 300, 0, 86_400) * 1_000,
    host: reader.optional('CODE_HOST') ?? '127.0.0.1',
    port: reader.number('CODE_PORT', 8080, 0, 65_535),
    secret: reader.optional('CODE_SECRET') ?? serviceKey,
    dataDir: reader.optional('CODE_DATA_DIR') ?? '/data/storage',
    allowedHosts: reader.list('CODE_ALLOWED_HOSTS', 'host or host:port', isHost),
    allowedOrigins: reader.list(
      'CODE_ALLOWED_ORIGINS',
      'origin like https://app.com, or *',
      isOrigin,
    ),
    trustedProxies: reader.list(
      'CODE_TRUSTED_PROXIES',
      'address or range like 10.0.0.0/8',
      isRange,
    ),
    sshKeyFile: reader.optional('CODE_SSH_KEY_FILE'),
    sshKnownHosts: reader.optional('CODE_SSH_KNOWN_HOSTS'),
    ...readBounds(reader),
  }
  reader.finish()
  return Object.freeze(config)
}

function readBounds(reader: Reader) {
  const seconds = (name: string, fallback: number): number =>
    reader.number(name, fallback, 1, 86_400) * 1_000
  return {
    concurrency: reader.number('CODE_WORKER_CONCURRENCY', 2, 1, 64),
    parserThreads: reader.number('CODE_PARSER_THREADS', 1, 1, 64),
    maxRepositoryBytes: reader.number('CODE_MAX_REPOSITORY_BYTES', 1_073_741_824, 1, 1e12),
    maxFiles: reader.number('CODE_MAX_FILES', 200_000, 1, 10_000_000),
    maxFileBytes: reader.number('CODE_MAX_FILE_BYTES', 1_048_576, 1, 67_108_864),
    cloneTimeoutMs: seconds('CODE_CLONE_TIMEOUT_SECONDS', 300),
    parseTimeoutMs: reader.number('CODE_PARSE_TIMEOUT_MS', 5_000, 10, 600_000),
    jobTimeoutMs: seconds('CODE_JOB_TIMEOUT_SECONDS', 3_600),
    pollMs: seconds('CODE_POLL_SECONDS', 10),
    staleMs: seconds('CODE_STALE_SECONDS', 60),
    searchTimeoutMs: reader.number('CODE_SEARCH_TIMEOUT_MS', 3_000, 10, 60_000),
    nameCacheBytes: reader.number('CODE_NAME_CACHE_MB', 256, 0, 65_536) * 1_048_576,
    answerCacheBytes: reader.number('CODE_ANSWER_CACHE_MB', 32, 0, 65_536) * 1_048_576,
  }
}

class Reader {
  readonly #environment: Environment
  readonly #problems: string[] = []

  constructor(environment: Environment) {
    this.#environment = environment
  }

  optional(name: string): string | null {
    const value = this.#environment(name)
    return value === null || value === '' ? null : value
  }

  text(name: string): string {
    const value = this.optional(name)
    if (value === null) this.#problems.push(`${name} is not set`)
    return value ?? ''
  }

  url(name: string, protocols: readonly string[]): string {
    const value = this.text(name)
    if (value === '') return value
    const protocol = URL.canParse(value) ? new URL(value).protocol : ''
    if (!protocols.includes(protocol))
      this.#problems.push(`${name} is not a URL that begins with ${protocols.join(' or ')}`)
    return value
  }

  list(name: string, what: string, isOne: (item: string) => boolean): readonly string[] {
    const given = (this.optional(name) ?? '').split(',').map((item) => item.trim())
    const items = given.filter((item) => item !== '')
    for (const item of items)
      if (!isOne(item)) this.#problems.push(`${name}: ${JSON.stringify(item)} is no ${what}`)
    return items
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.optional(name)
    if (value === null) return fallback
    if (value !== 'true' && value !== 'false') this.#problems.push(`${name} is not true or false`)
    return value === 'true'
  }

  number(name: string, fallback: number, least: number, most: number): number {
    const value = this.optional(name)
    if (value === null) return fallback
    const number = Number(value)
    if (!Number.isInteger(number) || number < least || number > most)
      this.#problems.push(`${name} is not a whole number from ${least} to ${most}`)
    return number
  }

  finish(): void {
    if (this.#problems.length > 0)
      throw new ConfigError(`The environment is not as it should be: ${this.#problems.join('; ')}.`)
  }
}
