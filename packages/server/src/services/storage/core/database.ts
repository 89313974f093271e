/** How Storage talks to Postgres: under the caller's role, where policies decide, or as `service_role`. Errors in Storage's words. */
import { ConnectionError, DatabaseError, decodeRows } from '#base/db'
import type { Result, RunOptions, Session } from '#base/db'
import type { PlatformError } from '#base/kernel'
import type { Caller } from '#base/service'
import type { Statement } from '#base/sql'
import { isOfCustomerKey, isReadOnlyKey } from '#base/token'
import type { StorageContext } from './context.ts'
import { storageErrors } from './errors.ts'

/** Who may do all; tables of others' SQL (triggers of the project) see this role, as on Supabase. */
export const service: Caller = {
  role: 'service_role',
  claims: { role: 'service_role' },
  claimsJson: '{"role":"service_role"}',
}

/** Reads under the caller's policies; the rows of the last statement. */
export async function readRows<T>(
  context: StorageContext,
  caller: Caller,
  ...statements: readonly Statement[]
): Promise<T[]> {
  const leaves = caller === service ? 'nothing' : context.leavings.ofReads
  const results = await run(context, caller, statements, {
    lane: 'read',
    leaves,
    cancellation: context.scope.cancellation,
  })
  return decodeRows<T>(results.at(-1) as Result)
}

/** Writes in one transaction and one round trip; the rows of the last statement. */
export async function write<T>(
  context: StorageContext,
  caller: Caller,
  ...statements: readonly Statement[]
): Promise<T[]> {
  const results = await writeEach(context, caller, ...statements)
  return decodeRows<T>(results.at(-1) as Result)
}

/** The same, with the result of each statement. */
export function writeEach(
  context: StorageContext,
  caller: Caller,
  ...statements: readonly Statement[]
): Promise<readonly Result[]> {
  return run(context, caller, statements, { lane: 'write', leaves: 'settings' })
}

/** Finds out whether the caller may: everything is done and undone. The result of each statement. */
export function probe(
  context: StorageContext,
  caller: Caller,
  ...statements: readonly Statement[]
): Promise<readonly Result[]> {
  return run(context, caller, statements, { lane: 'write', leaves: 'settings', end: 'rollback' })
}

async function run(
  context: StorageContext,
  caller: Caller,
  statements: readonly Statement[],
  options: RunOptions,
): Promise<readonly Result[]> {
  const timeoutMs = context.config['basalt.request_timeout']
  const session: Session = {
    role: caller.role,
    settings: settingsOf(context, caller),
    readOnly: isReadOnlyKey(caller.claims),
  }
  try {
    return await context.project.db.transaction(session, statements, { ...options, timeoutMs })
  } catch (error) {
    throw describe(error)
  }
}

const withoutKey = { authorization: undefined, apikey: undefined, 'x-api-key': undefined }

/** What policies can read of the request, as with supabase/storage. */
function settingsOf(
  { scope, request, operation }: StorageContext,
  caller: Caller,
): Session['settings'] {
  const { authentication } = scope
  const token = caller !== service && authentication.ok ? authentication.token : null
  const sub = caller.claims['sub']
  // a customer's key is not for SQL to see
  const hasKey = authentication.ok && isOfCustomerKey(authentication.caller.claims)
  const headers = hasKey ? { ...request.headers, ...withoutKey } : request.headers
  return [
    ['search_path', 'storage, public, extensions'],
    ['timezone', 'UTC'],
    ['request.jwt.claims', caller.claimsJson],
    ['app.user_id', typeof sub === 'string' ? sub : ''],
    ['app.role', caller.role],
    ['app.tenant_id', textOf(caller.claims['tenant_id'])],
    ['request.jwt.claim.role', caller.role],
    ['request.jwt.claim.sub', typeof sub === 'string' ? sub : ''],
    ['request.jwt', hasKey ? '' : (token ?? '')],
    ['request.headers', JSON.stringify(headers)],
    ['request.method', request.method],
    ['request.path', request.path],
    ['storage.operation', operation],
    ['storage.allow_delete_query', 'true'],
  ]
}

function textOf(claim: unknown): string {
  if (claim === undefined || claim === null) return ''
  return typeof claim === 'string' ? claim : JSON.stringify(claim)
}

function describe(error: unknown): unknown {
  if (error instanceof ConnectionError) return describeConnection(error)
  if (!(error instanceof DatabaseError)) return error
  const wording = byCode[error.code]
  return wording === undefined
    ? storageErrors.DatabaseError({ message: error.message }, error)
    : wording(error)
}

type Wording = (error: DatabaseError) => PlatformError

/** SQLSTATE → error; what is not here is the project's own SQL speaking. */
const byCode: Readonly<Partial<Record<string, Wording>>> = {
  '42501': (error) =>
    storageErrors.AccessDenied(
      { message: error.message.replace(/ for table "[^"]*"$/, '') },
      error,
    ),
  '23505': (error) =>
    error.table === 'objects'
      ? storageErrors.KeyAlreadyExists(undefined, error)
      : storageErrors.ResourceAlreadyExists(undefined, error),
  '23503': (error) =>
    // a row that points to what is deleted, or one that points to nothing
    error.message.startsWith('update or delete')
      ? storageErrors.ResourceReferenced(undefined, error)
      : storageErrors.RelatedResourceNotFound(undefined, error),
  '55P03': (error) => storageErrors.ResourceLocked(undefined, error),
  '57014': (error) => storageErrors.DatabaseTimeout(undefined, error),
  '22P02': (error) => storageErrors.InvalidParameter({ name: 'value' }, error),
  '25006': (error) => storageErrors.DatabaseReadOnly(undefined, error),
  '42P01': (error) => storageErrors.DatabaseSchemaMismatch(undefined, error),
  '42703': (error) => storageErrors.DatabaseSchemaMismatch(undefined, error),
  // U+0000 in a text, in JSON
  '22021': (error) => storageErrors.InvalidParameter({ name: 'value' }, error),
  '22P05': (error) => storageErrors.InvalidParameter({ name: 'value' }, error),
  '22007': (error) => storageErrors.InvalidParameter({ name: 'value' }, error),
  '22008': (error) => storageErrors.InvalidParameter({ name: 'value' }, error),
  '22003': (error) => storageErrors.InvalidParameter({ name: 'value' }, error),
  // what a project raises is its own refusal
  P0001: (error) => storageErrors.AccessDenied({ message: error.message }, error),
  '23514': (error) => storageErrors.AccessDenied({ message: error.message }, error),
}

function describeConnection(error: ConnectionError): PlatformError {
  switch (error.failure) {
    case 'cancelled':
      return storageErrors.Aborted(undefined, error)
    case 'deadline':
    case 'pool-timeout':
      return storageErrors.DatabaseTimeout(undefined, error)
    case 'pool-full':
    case 'streams-full':
      return storageErrors.SlowDown(undefined, error)
    default:
      return storageErrors.DatabaseUnavailable(undefined, error)
  }
}
