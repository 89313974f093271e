/** config: the environment as a value. */
export { ConfigError, readConfig } from './read-config.ts'
export type { CodeConfig, Environment } from './read-config.ts'
