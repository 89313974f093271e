/** What the configuration of a project of a fleet may say: all that is not the node's, the fleet's, or a file's. */
import { defineConfig, isChangeable, overlayConfig } from '#base/config'
import type { Config, ConfigKey, ConfigProblem, ConfigTree } from '#base/config'
import { connectionOf } from './project-database.ts'

const source = 'configuration'

const keysOfFleet =
  'belongs to the fleet: keys are made with the project, and changed by `basalt projects rotate-keys`'
const ofFiles = 'names files, and a project of a fleet has none'
const ofNode = "is the node's: set it where `basalt serve` is started"

/** The first that fits says why. Options of our own that are not named here are the node's. */
const refusals: readonly (readonly [options: RegExp, reason: string])[] = [
  [/^auth\.(jwt_secret|anon_key|service_role_key|publishable_key|secret_key)$/, keysOfFleet],
  [/^auth\.signing_keys_path$/, keysOfFleet],
  [/^basalt\.(previous_)?encryption_key$/, keysOfFleet],
  [/^basalt\.operator_token$/, 'belongs to the fleet: operators have tokens of their own'],
  [/^project_id$/, 'is its ref'],
  [/^api\.(enabled|port|external_url|tls\..*)$/, ofNode],
  [/^(db|studio|inbucket|analytics|edge_runtime)\.(.+[._])?port$/, ofNode],
  [/^basalt\.db_(url|password)$/, 'is given with `basalt projects update --db-url`'],
  [/_paths$/, ofFiles],
  [/^storage\.(memory_cache|path)$/, ofNode],
  [/^basalt\.db\.(binaries|shared_login)$/, ofNode],
  [/^basalt\.functions\.(deno_path|cache_size|sandbox.*)$/, ofNode],
  [/^basalt\.cache\.(store|max_size|max_entry_size)$/, ofNode],
]

/** Rooms of `[basalt]` that are a project's own, but for what stands above. */
const ownOptions =
  /^basalt\.(rest|auth|db|functions|rate_limit|cors|security_headers|max_body_size|api_keys|tenancy|replicas|require_api_key|realtime|cache)(\.|$)/

/** Why a project's configuration may not set this option; null when it may. */
export function refusalOf(key: string): string | null {
  const named = refusals.find(([options]) => options.test(key))
  if (named !== undefined) return named[1]
  return key.startsWith('basalt.') && !ownOptions.test(key) ? ofNode : null
}

const defaults = defineConfig()

/** Everything that is wrong with it, one problem an option. What has its default may be there: config.toml files of local projects name ports. */
export function checkProjectConfig(tree: ConfigTree): readonly ConfigProblem[] {
  const { config, problems } = overlayConfig(defaults, tree, source, () => true)
  const refused = (Object.keys(defaults) as ConfigKey[]).flatMap((key) => {
    const message = isSame(config, key) ? null : refusalOf(key)
    return message === null ? [] : [{ source, key, message }]
  })
  return [
    ...problems.map(worded),
    ...refused,
    ...checkUrls(config),
    ...checkHosts(config),
    ...checkBucket(config),
    ...checkTexts(tree),
  ]
}

/** Other ways to the database, and to its replicas: what may not be in its URL may not be in theirs. */
function checkUrls(config: Config): readonly ConfigProblem[] {
  const replicas = Object.entries(config['basalt.db.replicas']).map(
    ([name, { url }]) => [`basalt.db.replicas.${name}.url`, url] as const,
  )
  const urls = [['basalt.db.direct_url', config['basalt.db.direct_url']] as const, ...replicas]
  return urls.flatMap(([key, url]) => {
    // a reference to a secret is looked at by who resolves it
    if (url === null || !/^postgres(ql)?:/.test(url)) return []
    try {
      connectionOf(url)
      return []
    } catch (error) {
      return [{ source, key, message: error instanceof Error ? error.message : 'cannot be used' }]
    }
  })
}

const internetName = /^(?:[a-z0-9*_-]+\.)+[a-z][a-z0-9-]*(?::\d+)?$/i
const localName = /\.(?:internal|local|localhost|lan|home\.arpa)(?::\d+)?$/i

/** Functions reach what is private by these alone, and the network of the node is not the project's. */
function checkHosts(config: Config): readonly ConfigProblem[] {
  const key = 'basalt.functions.allowed_hosts'
  return config[key]
    .filter((host) => !internetName.test(host) || localName.test(host))
    .map((host) => ({
      source,
      key,
      message: `names "${host.slice(0, 80)}", which is no name of the internet: what is private is the node's to open`,
    }))
}

/** With the node's credentials only what is the node's: a bucket or prefix of another project's would be read. */
function checkBucket(config: Config): readonly ConfigProblem[] {
  if (config['storage.s3.access_key_id'] !== null) return []
  const places = ['storage.s3.endpoint', 'storage.s3.bucket', 'storage.s3.prefix'] as const
  return places
    .filter((key) => !isSame(config, key))
    .map((key) => ({
      source,
      key,
      message:
        'needs storage.s3.access_key_id and secret_access_key beside it: those of the node are for its own bucket',
    }))
}

/** Neither Postgres nor a header can have it: NUL, and half a character of two. */
function checkTexts(tree: ConfigTree): readonly ConfigProblem[] {
  const has = /\\u(?:0000|d[89a-f])/.test(JSON.stringify(tree))
  return has
    ? [{ source, key: null, message: 'a NUL character is in it, or half a character' }]
    : []
}

function isSame(config: Config, key: ConfigKey): boolean {
  return JSON.stringify(config[key]) === JSON.stringify(defaults[key])
}

/** There is no config.toml to set it in. */
function worded(problem: ConfigProblem): ConfigProblem {
  const message = problem.message.startsWith('names a file') ? ofFiles : problem.message
  return { ...problem, message }
}

/** Servers the node itself asks: whoever may name one looks around in its network. */
const leadsTheNode =
  /^auth\.(email\.smtp\.(host|port)|hook\.[^.]+\.uri|external\.[^.]+\.url|third_party\.[^.]+\.(domain|issuer_url))$|^basalt\.auth\.leaked_passwords_url$/

/** What takes a value away, and hooks that are functions in the project's own database. */
function leadsNowhere(value: unknown): boolean {
  return value === null || (typeof value === 'string' && value.startsWith('pg-functions://'))
}

/**
 * What a project's own service key may not change: what is read when it is opened, where its objects lie, where the node
 * is led. `patch` as `mergeConfigTree` takes it.
 */
export function checkOwnPatch(patch: ConfigTree): readonly ConfigProblem[] {
  return leavesOf(patch)
    .filter(
      ([path, value]) =>
        !isChangeable(path) ||
        `${path}.`.startsWith('storage.s3.') ||
        (leadsTheNode.test(path) && !leadsNowhere(value)),
    )
    .map(([key]) => ({ source, key, message: 'is changed by an operator of the fleet alone' }))
}

/** Of every value a patch sets or takes away: `['auth.site_url']`. */
export function pathsOf(patch: ConfigTree): string[] {
  return leavesOf(patch).map(([path]) => path)
}

function leavesOf(patch: ConfigTree, prefix = ''): [path: string, value: unknown][] {
  return Object.entries(patch).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? leavesOf(value as ConfigTree, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value] as [string, unknown]],
  )
}
