/** A project's platform inside the caller's process: embedded Postgres below it, no port of its own above it. */
import type { Config } from '#base/config'
import { defineConfig } from '#base/config'
import type { Log } from '#base/kernel'
import { silentLog } from '#base/kernel'
import type { Platform, WorkspaceParts } from '#host/platform'
import { freePort } from '#host/node/postgres'
import { openLocalStack } from './local-stack.ts'

export interface LocalPlatformOptions {
  /** Holds `supabase/`, whose migrations and seed a new database gets; the data goes to `supabase/.temp`. */
  readonly workdir: string
  /** Default: all defaults, Postgres on a free port. Or what `loadConfig` read. */
  readonly config?: Config
  /** What is applied to a database that was there before. Default: nothing. */
  readonly apply?: WorkspaceParts
  readonly log?: Log
  /** Things to know that do not keep us from starting, one sentence each. */
  readonly onWarning?: (message: string) => void
}

export interface LocalPlatform {
  /** `createClient(url, key, { global: { fetch: platform.fetch } })` */
  readonly platform: Platform
  /** Of the role `postgres`, for tools that speak SQL. */
  readonly databaseUrl: string
  /** Answers what is running, then stops Postgres. */
  close(): Promise<void>
}

/** Starts it: 0.7 s the first time, 0.15 s later. Rejects with a `StartError` or `SqlFileError`, nothing left running. */
export async function openLocalPlatform(options: LocalPlatformOptions): Promise<LocalPlatform> {
  const { workdir, log = silentLog, onWarning = () => {} } = options
  const config = options.config ?? defineConfig({ 'db.port': await freePort() })
  const stack = await openLocalStack({
    workdir,
    config,
    ...(options.apply === undefined ? {} : { apply: options.apply }),
    log,
    onWarning,
    onProgress: () => {},
    onFailure: (error) =>
      log.error('the embedded Postgres has failed for good', { error: String(error) }),
  })
  return {
    platform: stack.platform,
    databaseUrl: stack.database.userUrl,
    close: () => stack.close(),
  }
}
