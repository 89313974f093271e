/** What is wrong with a configuration, all of it at once. */

export interface ConfigProblem {
  /** `supabase/config.toml`, `supabase/.env`, or `environment`. */
  readonly source: string
  /** The option's path or the variable's name; null when the file as a whole is meant. */
  readonly key: string | null
  readonly message: string
}

/** The configuration cannot be used; `problems` has every reason. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}

/** `supabase/config.toml: api.port: expected a whole number from 1 to 65535` */
export function formatProblem({ source, key, message }: ConfigProblem): string {
  return [source, key, message].filter((part) => part !== null).join(': ')
}
