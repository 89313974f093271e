/** Every option, one row: its path in config.toml, how it is read, its default, what it is for. */
import type { ValueOf } from './option.ts'
import { authOptions } from './options-auth.ts'
import { authProviderOptions } from './options-auth-providers.ts'
import { basaltOptions } from './options-basalt.ts'
import { coreOptions } from './options-core.ts'
import { storageOptions } from './options-storage.ts'

export const schema = {
  ...coreOptions,
  ...storageOptions,
  ...authOptions,
  ...authProviderOptions,
  ...basaltOptions,
} as const

export type ConfigKey = keyof typeof schema

/** Effective configuration, frozen; keys are the paths of config.toml. Durations are milliseconds, sizes bytes. */
export type Config = {
  readonly [K in ConfigKey]: ValueOf<(typeof schema)[K]>
}

/** Environment variables besides `SUPABASE_<SECTION>_<KEY>`. */
export const wellKnownVariables: Readonly<Partial<Record<ConfigKey, string>>> = {
  'basalt.db_url': 'DB_URL',
}

/** `auth.jwt_secret` → `SUPABASE_AUTH_JWT_SECRET` */
export function variableName(key: string): string {
  return `SUPABASE_${key.replaceAll('.', '_').toUpperCase()}`
}
