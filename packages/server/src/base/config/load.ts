/** The only reader of the environment and of config.toml: files, variables and flags become one frozen value. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { TomlError, parse as parseToml } from 'smol-toml'
import { checkConfig } from './check-config.ts'
import type { ConfigSources } from './describe-options.ts'
import { completeConfig } from './define-config.ts'
import type { Variables } from './env-files.ts'
import { readEnvFiles } from './env-files.ts'
import { isTable } from './option.ts'
import type { ConfigProblem } from './problem.ts'
import { ConfigError, formatProblem } from './problem.ts'
import { readEnvironment } from './read-environment.ts'
import type { Findings } from './read-tree.ts'
import { readTree } from './read-tree.ts'
import type { Config } from './schema.ts'
import { newerNames, schema } from './schema.ts'
import { readSecretFile, withSecretFiles } from './secret-files.ts'

export interface LoadOptions {
  /** The folder that holds `supabase/`. */
  readonly workdir: string
  /** What the command line sets; wins over everything. */
  readonly flags?: Partial<Config>
  /** Default: the environment of the process. */
  readonly environment?: Variables
}

export interface LoadedConfig {
  readonly config: Config
  /** One sentence each: unknown keys, variables that are not set. */
  readonly warnings: readonly string[]
  /** Null when there is none. */
  readonly file: string | null
  /** Where the values that are no defaults are from. */
  readonly sources: ConfigSources
}

/** Defaults < config.toml < environment and `.env` files < flags. Throws a `ConfigError` with all problems at once. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const workdir = resolve(options.workdir)
  const supabaseDir = join(workdir, 'supabase')
  const environment = options.environment ?? processEnvironment()
  const files = readEnvFiles(supabaseDir, workdir, environment['SUPABASE_ENV'] ?? 'development')
  const path = join(supabaseDir, 'config.toml')
  return read(existsSync(path) ? { path, source: relative(workdir, path) } : null, {
    variables: { ...files, ...environment },
    flags: options.flags ?? {},
    values: new Map([['project_id', basename(workdir)]]),
  })
}

export interface NodeConfigOptions {
  /** Of config.toml's structure; null: none. */
  readonly file: string | null
  readonly flags?: Partial<Config>
  readonly environment?: Variables
}

/** What is different where projects are served to everybody; a node's file may say otherwise. */
export const nodeDefaults: Partial<Config> = {
  'basalt.require_api_key': true,
  'basalt.rate_limit.enabled': true,
  'basalt.shutdown_delay': 1_000,
  // a node has no Postgres and no inbox of its own, whose ports could be in the way
  'db.port': 0,
  'inbucket.enabled': false,
}

/** As `loadConfig`, for a node of a fleet: a file of any name, no project's folder, no `.env` files. */
export function loadNodeConfig(options: NodeConfigOptions): LoadedConfig {
  const { file, flags = {} } = options
  if (file !== null && !existsSync(file))
    throw new ConfigError([{ source: file, key: null, message: 'there is no such file' }])
  return read(file === null ? null : { path: resolve(file), source: file }, {
    variables: options.environment ?? processEnvironment(),
    flags,
    values: new Map(Object.entries(nodeDefaults)),
  })
}

interface Given {
  readonly variables: Variables
  readonly flags: Partial<Config>
  /** Under everything else. */
  readonly values: Map<string, unknown>
}

function read(
  file: { readonly path: string; readonly source: string } | null,
  { variables: given, flags, values }: Given,
): LoadedConfig {
  const findings: Findings = { values, problems: [], warnings: [] }
  const variables = withSecretFiles(given, schema, findings)
  const source = file?.source ?? 'configuration'
  const sources = new Map<string, 'file' | 'environment' | 'flag'>()
  if (file !== null) {
    const before = new Map(values)
    readTree(readConfigFile(file, variables, findings), schema, source, findings)
    note(sources, before, findings.values, 'file')
  }
  const before = new Map(findings.values)
  readEnvironment(variables, schema, findings)
  note(sources, before, findings.values, 'environment')
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue
    findings.values.set(key, value)
    sources.set(key, 'flag')
  }
  const config = completeConfig(findings.values)
  const problems = [...findings.problems, ...checkConfig(config, source)]
  if (problems.length > 0) throw new ConfigError(problems)
  const warnings = findings.warnings.map(formatProblem)
  return { config, warnings, file: file?.path ?? null, sources }
}

/** What was set since `before` is from `source`. */
function note<S>(
  sources: Map<string, S>,
  before: ReadonlyMap<string, unknown>,
  values: ReadonlyMap<string, unknown>,
  source: S,
): void {
  for (const [key, value] of values)
    if (!before.has(key) || before.get(key) !== value) sources.set(key, source)
}

/** As it stands there, with what `env(…)` stands for, and old names for new ones. */
export function readConfigFile(
  { path, source }: { readonly path: string; readonly source: string },
  variables: Variables,
  findings: Pick<Findings, 'problems' | 'warnings'>,
): unknown {
  const tree = readToml(path, source, findings.problems)
  const substituted = substitute(tree, '', variables, (key, name) => {
    const file = variables[`${name}_FILE`]
    if (file !== undefined && file !== '') return fromFile(file, { source, key }, findings)
    findings.warnings.push({ source, key, message: `environment variable ${name} is not set` })
    return null
  })
  return withNames(substituted)
}

/** What `env(NAME)` stands for where `NAME_FILE` is set; null where it cannot be read. */
function fromFile(
  file: string,
  place: Pick<ConfigProblem, 'source' | 'key'>,
  findings: Pick<Findings, 'problems' | 'warnings'>,
): string | null {
  try {
    const { value, warning } = readSecretFile(file)
    if (warning !== null) findings.warnings.push({ ...place, message: warning })
    return value
  } catch (error) {
    findings.problems.push({ ...place, message: (error as Error).message })
    return null
  }
}

/** The environment of the process, for the loaders of this module. */
export function processEnvironment(): Variables {
  return process.env
}

/** The nearest folder from `from` upwards that holds `supabase/config.toml`; `from` itself if none does. */
export function findWorkdir(from: string): string {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'supabase', 'config.toml'))) return folder
    if (folder === dirname(folder)) return resolve(from)
  }
}

function readToml(path: string, source: string, problems: ConfigProblem[]): unknown {
  try {
    return parseToml(readFileSync(path, 'utf8'))
  } catch (error) {
    problems.push({ source, key: null, message: `cannot read config: ${describe(error)}` })
    return {}
  }
}

function describe(error: unknown): string {
  if (!(error instanceof TomlError)) return (error as Error).message
  const reason = error.message.split('\n')[0]?.replace('Invalid TOML document: ', '') ?? 'not TOML'
  return `line ${error.line}, column ${error.column}: ${reason}`
}

/** `[local_smtp]` → `[inbucket]`, over what stands there under the old name. */
function withNames(tree: unknown): unknown {
  if (!isTable(tree)) return tree
  const result: Record<string, unknown> = { ...tree }
  for (const [newer, name] of Object.entries(newerNames)) {
    const given = result[newer]
    if (!isTable(given)) continue
    delete result[newer]
    result[name] = isTable(result[name]) ? { ...result[name], ...given } : given
  }
  return result
}

/** Replaces `env(NAME)`; without such a variable `onMissing` is asked, and where it knows nothing the text stays as it is. */
function substitute(
  value: unknown,
  key: string,
  variables: Variables,
  onMissing: (key: string, name: string) => string | null,
): unknown {
  if (typeof value === 'string') {
    const name = /^env\((.*)\)$/.exec(value)?.[1]?.trim()
    if (name === undefined) return value
    return variables[name] ?? onMissing(key, name) ?? value
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item, key, variables, onMissing))
  if (!isTable(value)) return value
  const entries = Object.entries(value).map(([name, child]) => [
    name,
    substitute(child, key === '' ? name : `${key}.${name}`, variables, onMissing),
  ])
  return Object.fromEntries(entries) as unknown
}
