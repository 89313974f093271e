/** What Postgres wrote before it gave up → an error that names cause and remedy. */
import { StartError } from '#host/node/core'

export interface FailureContext {
  readonly dataDir: string
  readonly port: number
  /** What it wrote to stderr, last lines. */
  readonly output: string
  /** `exit code 1`, `signal SIGKILL`, or a spawn error's message. */
  readonly end: string
}

/** Explains a postmaster that did not become ready, or an initdb that failed. */
export function explainFailure(context: FailureContext): StartError {
  const { output, port, dataDir } = context
  if (/Address already in use|could not bind/i.test(output)) return portInUse(port)
  if (/No space left on device|Disk quota exceeded/i.test(output)) {
    return new StartError(
      'no-space',
      `There is no space left for the database in ${dataDir}. Free some (a new database takes 40 MB, and room to grow) and start again.`,
    )
  }
  if (/database files are incompatible with server/i.test(output)) {
    return new StartError(
      'wrong-version',
      `${lastFatal(output)} (${dataDir}). Move the folder away, or reset it.`,
    )
  }
  if (/Permission denied|has wrong ownership|has invalid permissions/i.test(output)) {
    return new StartError(
      'permission',
      `Postgres may not use ${dataDir}: ${lastFatal(output)}. Give the folder back to the user that starts it (chown -R, mode 0700).`,
    )
  }
  if (/could not look up effective user/i.test(output)) {
    return new StartError(
      'permission',
      `Postgres needs a user with a name to create its data folder, and uid ${process.geteuid?.() ?? '?'} has none in /etc/passwd. Run as a named user, or use your own Postgres with --db-url.`,
    )
  }
  return new StartError(
    'postgres-failed',
    `Postgres did not start (${context.end}): ${lastFatal(output) || 'it wrote no message'}. Data folder: ${dataDir}.`,
  )
}

/** The port of the database is taken. */
export function portInUse(port: number): StartError {
  return new StartError(
    'port-in-use',
    `Port ${port}, meant for the database, is already in use on 127.0.0.1. ` +
      `Stop what listens there (another project, or supabase start? see: ss -ltnp sport = :${port}), or set db.port in supabase/config.toml (or SUPABASE_DB_PORT in the environment).`,
  )
}

function lastFatal(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const fatal =
    lines.filter((line) => /(FATAL|PANIC|error):/i.test(line)).pop() ?? lines.pop() ?? ''
  return fatal.replace(/^.*?(FATAL|PANIC|error):\s*/i, '').trim()
}
