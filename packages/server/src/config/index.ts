/** config: every option in one table, and the only reader of the environment and config.toml. */
export type { Config } from './schema.ts'
