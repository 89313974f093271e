/** What is set at run time over the configuration a process started with: config.toml's structure as JSON. */
import { checkConfig } from './check-config.ts'
import { isTable } from './option.ts'
import type { AnyOption } from './option.ts'
import type { ConfigProblem } from './problem.ts'
import { mask } from './print-config.ts'
import { readTree } from './read-tree.ts'
import type { Findings } from './read-tree.ts'
import type { Config, ConfigKey } from './schema.ts'
import { schema } from './schema.ts'

/** `{ auth: { enable_signup: false } }` */
export type ConfigTree = Readonly<Record<string, unknown>>

/** What services read at each use; the rest belongs to the process and is read once. */
const changeable =
  /^(auth|api|storage|realtime|basalt\.(rest|auth|cors|security_headers|api_keys))\./
const readAtStart: ReadonlySet<string> = new Set([
  'api.enabled',
  'api.port',
  'api.external_url',
  'api.tls.enabled',
  'api.tls.cert_path',
  'api.tls.key_path',
  'auth.enabled',
  'auth.jwt_secret',
  'auth.anon_key',
  'auth.service_role_key',
  'auth.publishable_key',
  'auth.secret_key',
  'realtime.enabled',
  'storage.enabled',
  'storage.backend',
  'storage.path',
  'storage.memory_cache',
  // asked by the server itself, where only whoever runs it may lead it: it may be a private address
  'storage.purge_url',
  'storage.purge_secret',
])

/** JSON merge patch (RFC 7386): null takes a member away. A masked secret that comes back leaves it as it is. */
export function mergeConfigTree(tree: ConfigTree, patch: ConfigTree): ConfigTree {
  const merged: Record<string, unknown> = { ...tree }
  for (const [name, value] of Object.entries(patch)) {
    if (value === mask) continue
    const own = Object.hasOwn(tree, name) ? tree[name] : undefined
    if (value === null) delete merged[name]
    else if (isTable(value)) {
      const child = mergeConfigTree(isTable(own) ? own : {}, value)
      if (Object.keys(child).length > 0 || Object.keys(value).length === 0) set(merged, name, child)
      else delete merged[name]
    } else set(merged, name, value)
  }
  return merged
}

/** Also for a member called `__proto__`. */
function set(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

export interface OverlaidConfig {
  /** `base` with everything of the tree that is in order. */
  readonly config: Config
  readonly problems: readonly ConfigProblem[]
}

/**
 * `base` with the values of `tree` over it. Unknown names are problems here: nobody reads warnings of an API.
 * `mayDiffer` says which options are not the process's alone; default those that services read at each use.
 */
export function overlayConfig(
  base: Config,
  tree: ConfigTree,
  source: string,
  mayDiffer: (key: string) => boolean = isChangeable,
): OverlaidConfig {
  const findings: Findings = { values: new Map(), problems: [], warnings: [] }
  readTree(tree, schema, source, findings)
  const unknown = findings.warnings.map((warning) => ({
    ...warning,
    message: warning.message.replace('unknown, ignored', 'there is no such option'),
  }))
  const problems = [...findings.problems, ...unknown]
  const config: Record<string, unknown> = { ...base }
  for (const [key, value] of findings.values) {
    const known = base[key as ConfigKey]
    const path = changedPath(known, at(tree, key), key)
    if (path !== null) {
      problems.push({
        source,
        key: path,
        message: 'names a file and is read at start only: set it in config.toml',
      })
      continue
    }
    const overlaid = overlay(schema[key as ConfigKey] as AnyOption, known, value, at(tree, key))
    if (mayDiffer(key) || isSame(overlaid, known)) config[key] = overlaid
    else problems.push({ source, key, message: 'is read at start only: set it in config.toml' })
  }
  const result = Object.freeze(config) as unknown as Config
  return { config: result, problems: [...problems, ...checkConfig(result, source)] }
}

/** Paths that are none of files. */
const notFiles: ReadonlySet<string> = new Set([
  'api.extra_search_path',
  'auth.oauth_server.authorization_url_path',
  // whoever may name it is looked at by the admin API; nothing but public keys of it is ever shown
  'auth.signing_keys_path',
])

/** Whoever may change the configuration of a running process must not read its files. The option or member that would. */
function changedPath(known: unknown, given: unknown, name: string): string | null {
  if (notFiles.has(name)) return null
  if (name.endsWith('path')) return given === null || isSame(given, known) ? null : name
  if (!isTable(given)) return null
  for (const [member, value] of Object.entries(given)) {
    const before = isTable(known) && Object.hasOwn(known, member) ? known[member] : null
    const found = changedPath(before, value, `${name}.${member}`)
    if (found !== null) return found
  }
  return null
}

/** What a running project takes up without being opened again. */
export function isChangeable(key: string): boolean {
  return changeable.test(key) && !readAtStart.has(key) && !key.startsWith('storage.s3.')
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function at(tree: ConfigTree, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((node, name) => (isTable(node) ? node[name] : undefined), tree)
}

/** Tables keep the members that the tree does not name. */
function overlay(option: AnyOption, known: unknown, value: unknown, raw: unknown): unknown {
  if (!isTable(value) || !isTable(known)) return value
  if (option.fields === null) return Object.freeze({ ...known, ...value })
  const tables = Object.entries(value).map(([name, table]) => {
    const named = isTable(raw) ? raw[name] : undefined
    return [name, overlayFields(known[name], table as ConfigTree, named)] as const
  })
  return Object.freeze({ ...known, ...Object.fromEntries(tables) })
}

/** `table` has a default for every field that was not given: those come from the base where it has them. */
function overlayFields(known: unknown, table: ConfigTree, raw: unknown): unknown {
  if (!isTable(known) || !isTable(raw)) return table
  const given = Object.entries(table).filter(([name]) => Object.hasOwn(raw, name))
  return Object.freeze({ ...known, ...Object.fromEntries(given) })
}
