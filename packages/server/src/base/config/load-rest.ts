/** The options of `basalt rest`: defaults < file < environment < database, as PostgREST reads them. */
import { readFileSync, statSync } from 'node:fs'
import type { Variables } from './env-files.ts'
import { processEnvironment } from './load.ts'
import { nearestName } from './nearest-name.ts'
import type { ConfigProblem } from './problem.ts'
import { ConfigError, formatProblem } from './problem.ts'
import type { RestValue } from './rest-file.ts'
import { parseRestFile } from './rest-file.ts'
import type { RestConfig, RestKey, RestRow } from './rest-options.ts'
import { restOptions, restVariable } from './rest-options.ts'

export interface LoadRestOptions {
  /** PostgREST's configuration file; null for none. */
  readonly file?: string | null
  /** Default: the environment of the process. */
  readonly environment?: Variables
  /** What the database says, by names without `pgrst.`: `{ db_schemas: 'api' }`. Wins over everything. */
  readonly inDatabase?: Readonly<Record<string, string>>
  /** Reads what `@path` names. */
  readonly readReference?: (path: string) => string
}

/** Reads the options again and again, as they are reloaded. */
export type RestLoader = (inDatabase: Readonly<Record<string, string>>) => LoadedRestConfig

/** A loader that reads `@/dev/stdin` and other things that can be read only once no more than once. */
export function createRestLoader(options: Omit<LoadRestOptions, 'inDatabase'> = {}): RestLoader {
  const spent = new Map<string, string>()
  const readReference = (path: string): string => {
    const known = spent.get(path)
    if (known !== undefined) return known
    const content = readFileSync(path, 'utf8')
    if (!statSync(path).isFile()) spent.set(path, content)
    return content
  }
  return (inDatabase) => loadRestConfig({ ...options, inDatabase, readReference })
}

export interface LoadedRestConfig {
  readonly config: RestConfig
  /** One sentence each: names nobody knows. */
  readonly warnings: readonly string[]
  /** libpq's variables (PGHOST, PGUSER, …), which fill in what `db-uri` leaves out. */
  readonly libpq: Variables
}

interface Found {
  readonly raw: RestValue
  readonly source: string
  readonly key: string
}

/** Throws a `ConfigError` with all problems at once. */
export function loadRestConfig(options: LoadRestOptions = {}): LoadedRestConfig {
  const { file = null, inDatabase = {}, readReference = readText } = options
  const environment = options.environment ?? processEnvironment()
  const problems: ConfigProblem[] = []
  const fromFile =
    file === null ? new Map<string, RestValue>() : readFile(file, environment, problems)
  const values: Record<string, unknown> = {}
  for (const [key, row] of Object.entries(restOptions) as [RestKey, RestRow<unknown>][]) {
    const found =
      inDatabaseValue(key, row, inDatabase) ??
      environmentValue(key, environment) ??
      fileValue(key, row, fromFile, file)
    values[key] = readRow(row, found, problems)
  }
  values['app.settings'] = appSettings(fromFile, environment)
  const config = readReferences(values as unknown as RestConfig, readReference, problems)
  problems.push(...checkRest(config))
  if (problems.length > 0) throw new ConfigError(problems)
  const libpq = Object.fromEntries(
    Object.entries(environment).filter(([name]) => /^PG(?!RST_)/.test(name)),
  )
  return { config: Object.freeze(config), warnings: unknownNames(fromFile, file), libpq }
}

function readFile(
  path: string,
  environment: Variables,
  problems: ConfigProblem[],
): ReadonlyMap<string, RestValue> {
  try {
    const parsed = parseRestFile(readFileSync(path, 'utf8'), environment, path)
    problems.push(...parsed.problems)
    return parsed.values
  } catch (error) {
    problems.push({
      source: path,
      key: null,
      message: `cannot be read: ${(error as Error).message}`,
    })
    return new Map()
  }
}

function inDatabaseValue(
  key: RestKey,
  row: RestRow<unknown>,
  values: Readonly<Record<string, string>>,
): Found | null {
  const name = key.replaceAll('-', '_')
  const raw = row.inDatabase ? values[name] : undefined
  return raw === undefined ? null : { raw, source: 'database', key: `pgrst.${name}` }
}

/** `PORT` is what platforms that run any server set. */
function environmentValue(key: RestKey, environment: Variables): Found | null {
  const names = [restVariable(key), ...(key === 'server-port' ? ['PORT'] : [])]
  const name = names.find((candidate) => environment[candidate] !== undefined)
  if (name === undefined) return null
  return { raw: environment[name] ?? '', source: 'environment', key: name }
}

function fileValue(
  key: RestKey,
  { alias }: RestRow<unknown>,
  values: ReadonlyMap<string, RestValue>,
  file: string | null,
): Found | null {
  for (const name of alias === null ? [key] : [key, alias]) {
    const raw = values.get(name)
    if (raw !== undefined && raw !== '') return { raw, source: file ?? '', key: name }
    if (raw === '' && restOptions[key].emptiable) return { raw, source: file ?? '', key: name }
  }
  return null
}

function readRow(row: RestRow<unknown>, found: Found | null, problems: ConfigProblem[]): unknown {
  if (found === null || (found.raw === '' && !row.emptiable)) return row.default
  try {
    // numbers stand for text too: server-unix-socket-mode = 660
    return row.parse(row.type === 'text' ? String(found.raw) : found.raw)
  } catch (error) {
    const { source, key, raw } = found
    const shown = row.secret ? '' : `, found ${JSON.stringify(raw)}`
    problems.push({ source, key, message: `${(error as Error).message}${shown}` })
    return row.default
  }
}

const settingPrefix = 'app.settings.'
const settingVariable = 'PGRST_APP_SETTINGS_'

/** `app.settings.jwt_secret` of the file, `PGRST_APP_SETTINGS_jwt_secret` of the environment: names keep their case. */
function appSettings(
  fromFile: ReadonlyMap<string, RestValue>,
  environment: Variables,
): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {}
  for (const [name, value] of fromFile) {
    if (name.startsWith(settingPrefix)) settings[name.slice(settingPrefix.length)] = String(value)
  }
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(settingVariable) && value !== undefined) {
      settings[name.slice(settingVariable.length)] = value
    }
  }
  return Object.freeze(settings)
}

const readText = (path: string): string => readFileSync(path, 'utf8')

/** `@path` in place of a secret or URI. */
function readReferences(
  config: RestConfig,
  readReference: (path: string) => string,
  problems: ConfigProblem[],
): RestConfig {
  const read = (key: 'jwt-secret' | 'db-uri', text: string): string => {
    if (!text.startsWith('@')) return text
    try {
      const content = readReference(text.slice(1))
      return key === 'db-uri' ? content.trim() : content.replace(/\n$/, '')
    } catch (error) {
      problems.push({ source: 'configuration', key, message: (error as Error).message })
      return text
    }
  }
  const secret = config['jwt-secret']
  return {
    ...config,
    'db-uri': read('db-uri', config['db-uri']),
    'jwt-secret': secret === null ? null : read('jwt-secret', secret),
  }
}

function checkRest(config: RestConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const source = 'configuration'
  for (const schema of ['pg_catalog', 'information_schema']) {
    if (!config['db-schemas'].includes(schema)) continue
    problems.push({ source, key: 'db-schemas', message: `${schema} cannot be exposed` })
  }
  if (config['admin-server-port'] === config['server-port']) {
    problems.push({ source, key: 'admin-server-port', message: 'is the same as server-port' })
  }
  const audience = config['jwt-aud']
  if (audience?.includes(':') === true && !URL.canParse(audience)) {
    problems.push({ source, key: 'jwt-aud', message: 'expected text without colons, or a URI' })
  }
  return problems
}

function unknownNames(values: ReadonlyMap<string, RestValue>, file: string | null): string[] {
  const aliases = Object.values(restOptions).map(({ alias }) => alias)
  const known = [...Object.keys(restOptions), ...aliases.filter((name) => name !== null)]
  return [...values.keys()]
    .filter((name) => !known.includes(name) && !name.startsWith(settingPrefix))
    .map((key) => {
      const guess = nearestName(key, known)
      const message = `unknown, ignored${guess === null ? '' : ` (did you mean ${guess}?)`}`
      return formatProblem({ source: file ?? '', key, message })
    })
}
