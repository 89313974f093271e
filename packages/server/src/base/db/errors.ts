/** Errors of the database layer: what Postgres said, and what happened to the connection. */

/** An ErrorResponse of Postgres. `message`, `detail` and `hint` are Postgres's own words. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  /** SQLSTATE, five characters. */
  readonly code: string
  readonly severity: string
  readonly detail: string | null
  readonly hint: string | null
  readonly schema: string | null
  readonly table: string | null
  readonly column: string | null
  readonly constraint: string | null
  readonly where: string | null
  /** Of Postgres's source, for what has no code of its own: messages may be in any language. */
  readonly routine: string | null
  /** 1-based character position in the statement's text, or null. */
  readonly position: number | null
  /** The statement's name, or null when the error belongs to none. */
  readonly statement: string | null

  constructor(fields: DatabaseErrorFields, statement: string | null) {
    super(fields.M ?? '')
    this.code = fields.C ?? 'XX000'
    this.severity = fields.V ?? fields.S ?? 'ERROR'
    this.detail = fields.D ?? null
    this.hint = fields.H ?? null
    this.schema = fields.s ?? null
    this.table = fields.t ?? null
    this.column = fields.c ?? null
    this.constraint = fields.n ?? null
    this.where = fields.W ?? null
    this.routine = fields.R ?? null
    this.position = fields.P === undefined ? null : Number(fields.P)
    this.statement = statement
  }
}

/** The fields of an ErrorResponse by their one-letter codes. */
export type DatabaseErrorFields = Readonly<Partial<Record<string, string>>>

/**
 * The connection, not the statement, failed: `connect` could not be made, `closed` was lost with the request in flight,
 * `pool-timeout` none became free in time, `pool-full` the waiting queue is full, `streams-full` too many
 * results are on their way to slow readers, `deadline` the time allowed ran out,
 * `cancelled` the client went away, `shutdown` the pool is closed.
 */
export type ConnectionFailure =
  | 'connect'
  | 'closed'
  | 'pool-timeout'
  | 'pool-full'
  | 'streams-full'
  | 'deadline'
  | 'cancelled'
  | 'shutdown'

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly failure: ConnectionFailure

  constructor(failure: ConnectionFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.failure = failure
  }
}

/** A row was larger than `RunOptions.maxRowBytes`, and is not kept. */
export class RowTooLarge extends Error {
  override readonly name = 'RowTooLarge'
  readonly maxBytes: number

  constructor(maxBytes: number, what = 'A row has') {
    super(`${what} more than ${maxBytes} bytes`)
    this.maxBytes = maxBytes
  }
}

/** cannot_connect_now, too_many_connections, and what the address or the name of a server that restarts or moves answers. */
const transientCodes = new Set([
  '57P03',
  '53300',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** Whether a failed attempt to connect is worth another one; a wrong password or certificate is not. */
export function isTransient(error: unknown): boolean {
  if (error instanceof DatabaseError) return transientCodes.has(error.code)
  const cause = error instanceof ConnectionError ? error.cause : null
  return cause instanceof Error && 'code' in cause && transientCodes.has(String(cause.code))
}

/** A statement was cancelled by a request meant for its neighbour on the connection; nothing of it has happened. */
export class MisdirectedCancel extends Error {
  override readonly name = 'MisdirectedCancel'

  constructor(cause: DatabaseError) {
    super('cancelled by a request meant for another statement', { cause })
  }
}
