/** A whole configuration from the values given, for embedding: no files, no environment. */
import type { ConfigProblem } from './problem.ts'
import { ConfigError } from './problem.ts'
import type { Config } from './schema.ts'
import { schema } from './schema.ts'

/** Defaults and the given values, frozen. Throws a `ConfigError` for an unknown key. */
export function defineConfig(given: Partial<Config> = {}): Config {
  const problems: ConfigProblem[] = Object.keys(given)
    .filter((key) => !Object.hasOwn(schema, key))
    .map((key) => ({ source: 'defineConfig', key, message: 'there is no such option' }))
  if (problems.length > 0) throw new ConfigError(problems)
  return completeConfig(Object.entries(given))
}

/** Defaults overlaid with `values`, frozen. */
export function completeConfig(values: Iterable<readonly [string, unknown]>): Config {
  const config: Record<string, unknown> = {}
  for (const [key, option] of Object.entries(schema)) config[key] = option.default
  for (const [key, value] of values) if (value !== undefined) config[key] = Object.freeze(value)
  return Object.freeze(config) as unknown as Config
}
