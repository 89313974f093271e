/** The configuration of a project as its record has it, over that of the node. */
import type { ProjectConfig } from '#host/control'
import type { ProjectDirectory, ProjectRecord } from '#host/control-plane'
import { isChangeable, overlayConfig } from '#base/config'
import type { Config, ConfigKey, ConfigProblem } from '#base/config'
import type { Log } from '#base/kernel'

/** What a project runs with. A value that is none is left out, with a warning: it was refused when it was given, by another version. */
export function configOf(
  node: Config,
  { ref, config: tree, keys }: ProjectRecord,
  externalUrl: string,
  log: Log,
): Config {
  const { config, problems } = overlayConfig(node, tree, 'project', () => true)
  for (const { key, message } of problems)
    log.warn('a value of the configuration of a project is left out', {
      project: ref,
      key,
      message,
    })
  return Object.freeze({
    ...config,
    project_id: ref,
    'api.external_url': externalUrl,
    'basalt.encryption_key': keys.encryptionKey,
    'auth.jwt_secret': keys.jwtSecret,
    'auth.anon_key': keys.anonKey,
    'auth.service_role_key': keys.serviceRoleKey,
    'auth.publishable_key': keys.publishableKey,
    'auth.secret_key': keys.secretKey,
  })
}

/** The same but for what a running project takes up. */
export function needsReopening(before: Config, after: Config): boolean {
  return (Object.keys(before) as ConfigKey[]).some(
    (key) => !isChangeable(key) && !keysOfRecord.has(key) && !isSame(before[key], after[key]),
  )
}

/** They change with the keys. */
const keysOfRecord: ReadonlySet<string> = new Set([
  'auth.jwt_secret',
  'auth.anon_key',
  'auth.service_role_key',
  'auth.publishable_key',
  'auth.secret_key',
])

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

export interface RecordConfig extends ProjectConfig {
  /** Resolves when all is as `next` has it. */
  take(next: Config): Promise<void>
}

export interface RecordConfigOptions {
  readonly ref: string
  readonly start: Config
  readonly directory: ProjectDirectory
  /** Takes what the directory has by now. */
  readonly refresh: () => Promise<void>
}

/** Changes go to the directory: this node and all others hear of them from there. */
export function createRecordConfig(options: RecordConfigOptions): RecordConfig {
  const { ref, directory, refresh } = options
  const listeners: ((before: Config, after: Config) => Promise<void>)[] = []
  let config = options.start
  return {
    current: () => config,
    change: async (patch) => {
      const check = (tree: Readonly<Record<string, unknown>>): Promise<readonly ConfigProblem[]> =>
        Promise.resolve(overlayConfig(config, tree, 'configuration').problems)
      const problems = await directory.changeConfig(ref, patch, check)
      if (problems.length === 0) await refresh()
      return problems
    },
    onChange: (listener) => void listeners.push(listener),
    close: () => {},
    take: async (next) => {
      const before = config
      config = next
      for (const listener of listeners) await listener(before, next)
    },
  }
}
