/** The settings the embedded Postgres runs with: laptop-sized, reachable from this machine only. */
import type { ExtensionSetup } from './prepare-extensions.ts'

export interface SettingsOptions {
  readonly port: number
  readonly socketDir: string | null
  /** `db.settings.*`; what must not change for safety is not overridable. */
  readonly settings: Readonly<Record<string, string>>
  /** Of the program: `17.2`. */
  readonly version: string
  readonly extensions: ExtensionSetup
}

/** 16 MB of proportional memory instead of 27 (measured): io workers and large buffers are for bigger machines. */
const defaults: Readonly<Record<string, string>> = {
  shared_buffers: '16MB',
  // as Supabase's, so that plans say the same
  effective_cache_size: '128MB',
  compute_query_id: 'on',
  // loaded by default (prepare-extensions.ts): 0.6 MB
  'pg_stat_statements.max': '1000',
  max_connections: '60',
  // a migration of 5,000 tables with keys and indexes in one file; 3.3 MB more than the default of 64, which ends at 2,500
  max_locks_per_transaction: '256',
  wal_level: 'logical',
  max_slot_wal_keep_size: '1GB',
  max_wal_senders: '10',
  max_replication_slots: '10',
  // only subscribers need the launcher: 8 MB of resident memory less
  max_logical_replication_workers: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
  password_encryption: 'scram-sha-256',
  // the OpenSSL in the package is of 2018: good for tests on loopback, nothing else
  ssl: 'off',
  // our log says which requests failed; Postgres would add the text of the statements
  log_min_messages: 'log',
  log_checkpoints: 'off',
  log_line_prefix: '',
}

/** Names that an older Postgres refuses. */
const since18: Readonly<Record<string, string>> = { io_method: 'sync' }

/** `-c name=value` for each setting, the fixed ones last: a later one wins. */
export function settingsArguments(options: SettingsOptions): string[] {
  const fixed: Record<string, string> = {
    port: String(options.port),
    // never another interface
    listen_addresses: '127.0.0.1',
    unix_socket_directories: options.socketDir ?? '',
    unix_socket_permissions: '0700',
    logging_collector: 'off',
    log_destination: 'stderr',
    ...options.extensions.settings,
  }
  const newer = Number.parseInt(options.version, 10) >= 18 ? since18 : {}
  const all = { ...defaults, ...newer, ...options.settings, ...fixed }
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
