/** A file in config.toml's structure as a tree, for a project of a fleet: what it says, and nothing else. */
import { ConfigError, formatProblem } from './problem.ts'
import type { ConfigProblem } from './problem.ts'
import { processEnvironment, readConfigFile } from './load.ts'
import type { ConfigTree } from './overlay-config.ts'

/** `env(NAME)` is what the variable says. @throws ConfigError for a file that is not there, or not TOML */
export function readConfigTree(path: string): {
  readonly tree: ConfigTree
  readonly warnings: readonly string[]
} {
  const problems: ConfigProblem[] = []
  const warnings: ConfigProblem[] = []
  const tree = readConfigFile({ path, source: path }, processEnvironment(), { problems, warnings })
  if (problems.length > 0) throw new ConfigError(problems)
  return { tree: tree as ConfigTree, warnings: warnings.map(formatProblem) }
}
