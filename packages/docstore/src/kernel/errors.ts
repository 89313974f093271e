/** Every error a caller can meet, as one closed table; each says what happened, where, and what to do. */

type Part = string | number
const list = (names: readonly string[]): string =>
  names.map((name) => `"${name}"`).join(', ') || 'none'

export const errorTable = {
  // opening and files
  database_locked: (p: { dataDir: string; holder: string }) =>
    `"${p.dataDir}" is in use by ${p.holder}. One process at a time may open it: close that one, or open another dataDir.`,
  database_corrupt: (p: { where: string; what: string }) =>
    `${p.where} is damaged: ${p.what}. Restore a backup, or save what can be read with repair(dataDir).`,
  database_closed: () => 'The database is closed. Open it again with openDocstore.',
  database_full: (p: { cause: string }) =>
    `The write was not made, the disk takes no more (${p.cause}). Free space, then open the database again.`,
  write_failed: (p: { cause: string }) =>
    `The write was not made: ${p.cause}. Open the database again; what was acknowledged is there.`,
  invalid_option: (p: { option: string; expected: string; got: string }) =>
    `${p.option} must be ${p.expected}, not ${p.got}.`,
  // schemas
  store_unknown: (p: { store: string; known: readonly string[] }) =>
    `There is no store "${p.store}" (known: ${list(p.known)}). Declare it with defineStore and applySchemas.`,
  index_unknown: (p: { store: string; index: string; known: readonly string[] }) =>
    `Store "${p.store}" has no index "${p.index}" (known: ${list(p.known)}).`,
  schema_conflict: (p: { store: string; what: string; stored: string; wanted: string }) =>
    `Store "${p.store}" exists with ${p.what} ${p.stored}, the schema says ${p.wanted}. Keep ${p.stored}, or give the store another name and copy its documents.`,
  schema_invalid: (p: { store: string; problem: string }) =>
    `Schema of store "${p.store}": ${p.problem}.`,
  migration_missing: (p: { store: string; from: number; to: number }) =>
    `Store "${p.store}" is at version ${p.from}; there is no migration to ${p.to}. Add it to \`migrations\`.`,
  schema_newer: (p: { store: string; stored: number; wanted: number }) =>
    `Store "${p.store}" is at version ${p.stored}, this program knows version ${p.wanted}. Run a newer program.`,
  // documents
  invalid_key: (p: { where: string; got: string }) =>
    `${p.where}: ${p.got} cannot be a key. Keys are numbers (not NaN), dates, strings, binary and arrays of them.`,
  invalid_document: (p: { store: string; problem: string }) => `Store "${p.store}": ${p.problem}.`,
  key_exists: (p: { store: string; key: string }) =>
    `Store "${p.store}" already has ${p.key}. Use put to replace it.`,
  unique_violation: (p: { store: string; index: string; value: string }) =>
    `Store "${p.store}": another document has ${p.value} in unique index "${p.index}".`,
  invalid_query: (p: { store: string; problem: string }) => `Query of "${p.store}": ${p.problem}.`,
  // transactions
  transaction_conflict: () =>
    'Another transaction changed what this one had read. Run it again, or use db.run(stores, work), which does.',
  transaction_finished: () => 'The transaction is committed or aborted. Begin a new one.',
  transaction_readonly: (p: { method: string }) =>
    `${p.method} needs a transaction opened with 'readwrite'.`,
  transaction_scope: (p: { store: string; scope: readonly string[] }) =>
    `Store "${p.store}" is not among this transaction's stores (${list(p.scope)}). Name it in db.transaction.`,
  // policies
  policy_denied: (p: { store: string; action: string }) =>
    `The policies of store "${p.store}" do not let this caller ${p.action} this document.`,
  // auth kit
  email_taken: () => 'There is a user with this e-mail address already. Sign in instead.',
  invalid_credentials: () => 'E-mail address or password is wrong.',
  weak_password: (p: { minLength: Part; maxLength: Part }) =>
    `The password needs ${p.minLength} to ${p.maxLength} characters.`,
  invalid_email: () => 'This is not an e-mail address. Expected name@domain.',
  // time series
  invalid_record: (p: { problem: string }) => `Time series: ${p.problem}.`,
  rollup_conflict: (p: { rollup: string }) =>
    `Rollup "${p.rollup}" exists with another definition. Drop it first, or choose another name.`,
} satisfies Record<string, (p: never) => string>

export type ErrorCode = keyof typeof errorTable
type ParamsOf<C extends ErrorCode> = (typeof errorTable)[C] extends (p: infer P) => string
  ? P & object
  : object

/** What every method of this package throws: `code` is one of `errorCodes()`, `details` the values in the message. */
export class DocstoreError extends Error {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, details: object, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DocstoreError'
    this.code = code
    this.details = details as Record<string, unknown>
  }
}

/** `failure('store_unknown', { store, known })` → the error, worded by the table. */
export function failure<C extends ErrorCode>(
  code: C,
  params: ParamsOf<C>,
  cause?: unknown,
): DocstoreError {
  const word = errorTable[code] as (p: ParamsOf<C>) => string
  return new DocstoreError(code, word(params), params, cause === undefined ? undefined : { cause })
}

export const errorCodes = (): ErrorCode[] => Object.keys(errorTable) as ErrorCode[]

/** A value in a message: short, and never a whole document. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return String(value)
  if (value instanceof Date) return `date ${value.getTime()}`
  if (Array.isArray(value))
    return value.length > 8 ? `an array of ${value.length}` : `[${value.map(show).join(', ')}]`
  return `a value of type ${typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value}`
}
