/** What the rest of the platform sees of Postgres: transactions under a session, results as raw bytes. */
import type { Cancellation } from '#base/kernel'
import type { Statement } from '#base/sql'
import type { ByteStream } from './byte-stream.ts'

/** What a transaction runs as. Set in one place, `transaction.ts`, and gone when the transaction ends. */
export interface Session {
  /** The role to assume, or null for the connection's own. */
  readonly role: string | null
  /** Settings (GUC name, value) made local to the transaction: `search_path`, `request.jwt.claims`, `statement_timeout`, … */
  readonly settings: readonly (readonly [name: string, value: string])[]
  /** Runs the transaction READ ONLY; false: READ WRITE whatever the default of the session is, where it is an explicit one. */
  readonly readOnly?: boolean
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
}

export interface RunOptions {
  /** A cancelled request cancels its statement in Postgres too. */
  readonly cancellation?: Cancellation
  /** Time allowed from now, waiting for a connection included. Past it the statement is cancelled. */
  readonly timeoutMs?: number
  /** `write` gets a connection to itself (commits wait for the disk); `read` may share one once the statement is known to be cheap. */
  readonly lane?: 'read' | 'write'
  /** False for statements that will not be seen again (DDL, migrations). Default true. */
  readonly prepare?: boolean
  /**
   * What of the session the statements may leave behind. `anything` (default): it is emptied in the same transaction,
   * which costs some µs and the connection's prepared statements; `settings`: all but those, for SQL that neither prepares
   * nor deallocates; `nothing`: for SQL that sets nothing beyond its transaction, makes no temporary tables, takes no
   * session locks. Only these may share a connection.
   */
  readonly leaves?: 'anything' | 'settings' | 'nothing'
  /** `rollback` undoes the transaction after a successful run (`Prefer: tx=rollback`). Default `commit`. */
  readonly end?: 'commit' | 'rollback'
  /**
   * For transactions that only read: a row of the last statement above 1 MiB is not collected; the promise resolves when
   * all its cells but the last have arrived, and that one comes as the result's `tail`, as fast as it is read.
   */
  readonly stream?: boolean
  /** A larger row is let pass unread, and the promise rejects with `RowTooLarge`. Not together with `stream`. */
  readonly maxRowBytes?: number
}

/** A cell as Postgres sent it, in text format. A view of the receive buffer that stays valid; null is SQL NULL. */
export type Cell = Uint8Array | null

export interface Field {
  readonly name: string
  readonly typeOid: number
}

export interface Result {
  readonly rows: readonly (readonly Cell[])[]
  readonly fields: readonly Field[]
  /** The command tag's verb: `SELECT`, `INSERT`, … */
  readonly command: string
  /** Rows selected or changed, as the command tag says. */
  readonly rowCount: number
  /** The last cell of the one row, which then is null in `rows`. It must be read or cancelled: it holds a connection. */
  readonly tail?: ByteStream | null
  /** There are rows behind those asked for. */
  readonly hasMore?: boolean
}

/** Rows on their way: the cells of the first row but its last one, and the last cells of all rows as one stream of bytes. */
export interface RowStream {
  readonly head: readonly Cell[]
  readonly body: ByteStream
}

export interface Transaction {
  /** Runs the statements in one round trip, inside the open transaction. */
  run(...statements: readonly Statement[]): Promise<readonly Result[]>
  /** Runs one statement and decodes its rows (see `decodeRows`). */
  rows<T = Record<string, unknown>>(statement: Statement): Promise<T[]>
  /** Runs one statement and takes its first rows; `hasMore` says that there are others. For statements of strangers. */
  firstRows(statement: Statement, maxRows: number, maxBytes: number): Promise<Result>
  /** Runs a text of several statements without values; the answer is that all succeeded. `name` is what errors are reported under. */
  script(name: string, text: string): Promise<void>
}

export interface Database {
  /** One round trip: session settings and statements in one implicit transaction. One result a statement. */
  transaction(
    session: Session,
    statements: readonly Statement[],
    options?: RunOptions,
  ): Promise<readonly Result[]>
  /**
   * Reads the last statement's rows through a portal, a few hundred kB at a time, as fast as they are read. Resolves
   * when 1 MiB or all of them have arrived. `separator` stands between the last cells of two rows.
   */
  streamRows(
    session: Session,
    statements: readonly Statement[],
    separator: string,
    options?: RunOptions,
  ): Promise<RowStream>
  /** One statement outside any transaction block, as the connection's own user: CREATE DATABASE, VACUUM, ALTER SYSTEM. */
  execute(statement: Statement, options?: RunOptions): Promise<Result>
  /** Statements under one Sync and nothing before them, as the connection's own user: one implicit transaction, unless they begin their own. */
  executeAll(statements: readonly Statement[], options?: RunOptions): Promise<readonly Result[]>
  /** An explicit transaction for dependent statements: committed when `work` resolves, rolled back when it rejects. */
  begin<T>(
    session: Session,
    work: (transaction: Transaction) => Promise<T>,
    options?: RunOptions,
  ): Promise<T>
  /** Calls `listener` for each NOTIFY on `channel`, on a connection of its own that reconnects; `onReconnect` after a gap. */
  listen(
    channel: string,
    listener: (payload: string) => void,
    onReconnect?: () => void,
  ): Promise<() => void>
  stats(): {
    readonly active: number
    readonly idle: number
    readonly waiting: number
    readonly max: number
  }
  /** Waits for running transactions, then closes all connections. */
  close(): Promise<void>
}

/**
 * As `ownSession`, for statements in a session that has more rights than the project's owner: no name resolves to what a
 * project put into a schema, whatever search path it set for the database.
 */
export const systemSession: Session = {
  role: null,
  settings: [
    ['search_path', ''],
    ['timezone', 'UTC'],
    ['request.jwt.claims', ''],
  ],
}

/**
 * As `systemSession`, for what the platform itself has to change: an application's defaults (`default_transaction_read_only`,
 * `statement_timeout` of the database or of the role) do not keep it from that. In explicit transactions.
 */
export const changingSession: Session = {
  ...systemSession,
  settings: [...systemSession.settings, ['statement_timeout', '0']],
  readOnly: false,
}

/** The session of the platform's own work: the connection's role, UTC, nothing else. */
export const ownSession: Session = {
  role: null,
  settings: [
    ['timezone', 'UTC'],
    ['request.jwt.claims', ''],
  ],
}
