/** How auth talks to Postgres: as the owner of its schema, errors in GoTrue's words. */
import { ConnectionError, DatabaseError, decodeRows } from '#base/db'
import type { Result, RunOptions, Session, Transaction } from '#base/db'
import { PlatformError } from '#base/kernel'
import type { Statement } from '#base/sql'
import { runOptions } from './auth-context.ts'
import type { AuthContext } from './auth-context.ts'
import { authErrors } from './errors.ts'

/** As on Supabase: users' triggers on auth.users run as supabase_auth_admin with the search_path `auth`. */
const session: Session = {
  role: 'supabase_auth_admin',
  settings: [
    ['timezone', 'UTC'],
    ['search_path', 'auth'],
    ['request.jwt.claims', ''],
  ],
}

/** What was being done when a statement failed; completes "Database error …". */
const actions: Readonly<Record<string, string>> = {
  'auth.insertUser': 'saving new user',
  'auth.insertSession': 'granting user',
  'auth.insertRefreshToken': 'granting user',
  'auth.upsertAmrClaim': 'granting user',
  'auth.insertAuditEntry': 'creating audit log entry',
}

/** Reads with one statement, which may share a connection. */
export async function readRows<T>(context: AuthContext, statement: Statement): Promise<T[]> {
  const [rows] = await readAll(context, statement)
  return decodeRows<T>(rows as Result)
}

/** Reads with several statements in one round trip. */
export async function readAll(
  context: AuthContext,
  ...statements: readonly Statement[]
): Promise<readonly Result[]> {
  return worded('querying schema', () =>
    context.project.db.transaction(session, statements, {
      ...runOptions(context),
      cancellation: context.scope.cancellation,
      lane: 'read',
      leaves: 'nothing',
    }),
  )
}

/** Writes in one transaction and one round trip; the rows of the last statement come back. */
export async function write<T>(
  context: AuthContext,
  statements: readonly Statement[],
): Promise<T[]> {
  const results = await worded('updating user', () =>
    context.project.db.transaction(session, statements, {
      ...runOptions(context),
      lane: 'write',
      leaves: 'settings',
    }),
  )
  return decodeRows<T>(results.at(-1) as Result)
}

/** A transaction of dependent statements; `settings` are added to the session. */
export async function begin<T>(
  context: AuthContext,
  settings: Session['settings'],
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const options: RunOptions = { ...runOptions(context), leaves: 'settings' }
  const own: Session = { ...session, settings: [...session.settings, ...settings] }
  return worded('updating user', () => context.project.db.begin(own, work, options))
}

async function worded<T>(fallback: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw describe(error, fallback)
  }
}

function describe(error: unknown, fallback: string): unknown {
  if (error instanceof DatabaseError) {
    if (isUnfit(error)) return authErrors.unfitValue(undefined, error)
    return authErrors.database({ action: actions[error.statement ?? ''] ?? fallback }, error)
  }
  return error instanceof ConnectionError ? describeConnection(error) : error
}

/**
 * Values that do not fit into our own tables are the caller's: too long for a column or an index, out of range, characters
 * Postgres does not keep. What happens inside a function, a project's trigger for instance, is not meant.
 */
function isUnfit({ code, where }: DatabaseError): boolean {
  const isInFunction = /\bfunction\b/.test(where ?? '')
  return (code.startsWith('22') || code.startsWith('54')) && !isInFunction
}

function describeConnection(error: ConnectionError): PlatformError {
  if (error.failure === 'cancelled') return clientGone(error)
  return error.failure === 'deadline'
    ? authErrors.requestTimeout(undefined, error)
    : authErrors.unavailable(undefined, error)
}

/** Nobody reads it; it is what the log and the metrics see. */
function clientGone(cause: ConnectionError): PlatformError {
  const { message } = cause
  return new PlatformError({ code: 'client_closed_request', status: 499, message, cause })
}

/** The error of Postgres beneath one of ours, when its SQLSTATE is `code`. */
export function causedBy(error: unknown, code: string): DatabaseError | null {
  const cause = error instanceof Error ? error.cause : null
  return cause instanceof DatabaseError && cause.code === code ? cause : null
}
