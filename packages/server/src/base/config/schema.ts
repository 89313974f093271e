/** Every option, one row: its path in config.toml, how it is read, its default, what it is for. */
import type { ValueOf } from './option.ts'
import { answerOptions } from './options-answers.ts'
import { authOptions } from './options-auth.ts'
import { authProviderOptions } from './options-auth-providers.ts'
import { backupOptions } from './options-backup.ts'
import { basaltOptions } from './options-basalt.ts'
import { coreOptions } from './options-core.ts'
import { edgeOptions } from './options-edge.ts'
import { fleetOptions } from './options-fleet.ts'
import { functionsOptions } from './options-functions.ts'
import { observabilityOptions } from './options-observability.ts'
import { realtimeOptions } from './options-realtime.ts'
import { storageOptions } from './options-storage.ts'
import { tenancyOptions } from './options-tenancy.ts'

export const schema = {
  ...coreOptions,
  ...storageOptions,
  ...realtimeOptions,
  ...functionsOptions,
  ...fleetOptions,
  ...authOptions,
  ...authProviderOptions,
  ...basaltOptions,
  ...backupOptions,
  ...edgeOptions,
  ...answerOptions,
  ...tenancyOptions,
  ...observabilityOptions,
} as const

export type ConfigKey = keyof typeof schema

/** Effective configuration, frozen; keys are the paths of config.toml. Durations are milliseconds, sizes bytes. */
export type Config = {
  readonly [K in ConfigKey]: ValueOf<(typeof schema)[K]>
}

/** Environment variables besides `SUPABASE_<SECTION>_<KEY>`. None may be a name that `status` prints: they are in many a shell. */
export const wellKnownVariables: Readonly<Partial<Record<ConfigKey, string>>> = {
  'basalt.backup.key': 'BASALT_BACKUP_KEY',
  'basalt.backup.target': 'BASALT_BACKUP_TARGET',
  'basalt.db_url': 'BASALT_DB_URL',
  'basalt.redis_url': 'BASALT_REDIS_URL',
  'basalt.fleet.control_db_url': 'BASALT_CONTROL_DB_URL',
  'basalt.secrets.vault.address': 'VAULT_ADDR',
  'basalt.secrets.vault.token': 'VAULT_TOKEN',
  'basalt.db.binaries': 'BASALT_DB_BINARIES',
  'basalt.operator_token': 'BASALT_OPERATOR_TOKEN',
  // as OpenTelemetry names them
  'basalt.observability.tracing.endpoint': 'OTEL_EXPORTER_OTLP_ENDPOINT',
  'basalt.observability.tracing.headers': 'OTEL_EXPORTER_OTLP_HEADERS',
  'basalt.observability.tracing.service_name': 'OTEL_SERVICE_NAME',
}

/** `auth.jwt_secret` → `SUPABASE_AUTH_JWT_SECRET` */
export function variableName(key: string): string {
  return `SUPABASE_${key.replaceAll('.', '_').toUpperCase()}`
}

/** Tables that have another name since: the Supabase CLI's newest name → the one of our rows. */
export const newerNames: Readonly<Record<string, string>> = { local_smtp: 'inbucket' }

/** Every variable an option is read from, the one that wins first. */
export function variablesOf(key: string): string[] {
  const wellKnown = (wellKnownVariables as Readonly<Record<string, string | undefined>>)[key]
  const newer = Object.entries(newerNames)
    .filter(([, table]) => key.startsWith(`${table}.`))
    .map(([name, table]) => variableName(name + key.slice(table.length)))
  return [...newer, variableName(key), ...(wellKnown === undefined ? [] : [wellKnown])]
}
