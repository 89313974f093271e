/** Postgres by a URL: a pool, transactions, and one connection that listens. */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { CodeError, messageOf } from '#core'
import type { Log } from '#core'
import { SettledQuery } from './settled-query.ts'
import type { Settings } from './settled-query.ts'
import { Together } from './together.ts'
import type { Ask } from './together.ts'

export interface Queryable {
  /** `name` is the statement's, and the comment that opens its text. */
  query<Row>(name: string, text: string, values?: readonly unknown[]): Promise<Row[]>
  /** Planned for these values: for texts that differ by what is asked, and patterns. */
  queryOnce<Row>(name: string, text: string, values: readonly unknown[]): Promise<Row[]>
}

export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
  /** Whether it is kept under its name, where statements are; each text has a name of its own then. */
  readonly isKept: boolean
}

export interface TransactionOptions {
  /** Statements that go with its beginning in one piece, `set local …`. */
  readonly settings?: string
  /** Of a job: its statements have ten times as long. */
  readonly isLong?: boolean
}

export interface Database extends Queryable {
  transaction<T>(
    work: (transaction: Queryable) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>
  /** A statement in a transaction of its own with such settings, in one round trip. */
  queryWithin<Row>(settings: Settings, statement: Statement): Promise<Row[]>
  /** A small read that goes with others like it. */
  queryTogether<Row>(ask: Ask): Promise<Row[]>
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly url: string
  readonly poolSize: number
  readonly preparedStatements: boolean
  /** Of a statement: what takes longer has lost its connection; null for as long as it takes. */
  readonly queryTimeoutMs: number | null
  readonly log: Log
}

const connectTimeoutMs = 5_000
/** A database that says nothing does not say goodbye either. */
export const closeTimeoutMs = 2_000
const longTimes = 10
const { DatabaseError } = pg

interface Way {
  readonly prepare: boolean
  /** In place of the pool's. */
  readonly timeoutMs?: number | undefined
}

export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    ...(options.queryTimeoutMs === null ? {} : { query_timeout: options.queryTimeoutMs }),
    application_name: 'basalt-code',
    keepAlive: true,
  })
  // of connections that nobody uses
  pool.on('error', (error) =>
    options.log('warn', 'a database connection broke', { error: error.message }),
  )
  const prepare = options.preparedStatements
  const longMs = options.queryTimeoutMs === null ? undefined : options.queryTimeoutMs * longTimes
  const together = new Together(
    ({ name, text, asked }) => run(pool, { prepare }, name, text, [jsonText(asked)]),
    (error) => error instanceof DatabaseError,
  )
  return {
    query: (name, text, values = []) => run(pool, { prepare }, name, text, values),
    queryOnce: (name, text, values) => run(pool, { prepare: false }, name, text, values),
    transaction: (work, { settings, isLong } = {}) =>
      transact(pool, { prepare, timeoutMs: isLong === true ? longMs : undefined }, work, settings),
    queryWithin: (settings, statement) => queryWithin(pool, prepare, settings, statement),
    queryTogether: async <Row>(ask: Ask) => (await together.ask(ask)) as Row[],
    close: () => Promise.race([pool.end(), delay(closeTimeoutMs, undefined, { ref: false })]),
  }
}

async function transact<T>(
  pool: pg.Pool,
  way: Way,
  work: (transaction: Queryable) => Promise<T>,
  settings?: string,
): Promise<T> {
  const client = await connect(pool)
  let broken: Error | undefined
  // a connection that breaks while nothing is asked of it says so by an event
  const onError = (error: Error): void => void (broken = error)
  client.on('error', onError)
  const ask = (prepare: boolean): Queryable['query'] => {
    return async (name, text, values = []) => {
      try {
        return await run(client, { ...way, prepare }, name, text, values)
      } catch (error) {
        if (!(error instanceof DatabaseError)) onError(error as Error)
        throw error
      }
    }
  }
  const [query, queryOnce] = [ask(way.prepare), ask(false)]
  try {
    await queryOnce('code.begin', settings === undefined ? 'begin' : `begin; ${settings}`, [])
    const result = await work({ query, queryOnce })
    await queryOnce('code.commit', 'commit', [])
    return result
  } catch (error) {
    // a connection that is lost takes its transaction along
    if (broken === undefined) await queryOnce('code.rollback', 'rollback', []).catch(() => {})
    throw error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

async function queryWithin<Row>(
  pool: pg.Pool,
  prepare: boolean,
  settings: Settings,
  { name, text, values, isKept }: Statement,
): Promise<Row[]> {
  const client = await connect(pool)
  let broken: Error | undefined
  const onError = (error: Error): void => void (broken = error)
  client.on('error', onError)
  const statement = { text: `/* ${name} */ ${text}`, values: [...values] }
  const query = new SettledQuery(settings, prepare && isKept ? { name, ...statement } : statement)
  try {
    return await new Promise<Row[]>((resolve, reject) => {
      // the driver's limit of time knows no events
      query.callback = (error, result) =>
        error ? reject(error) : resolve((result?.rows ?? []) as Row[])
      client.query(query)
    })
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    onError(error as Error)
    throw unavailable(error)
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw unavailable(error)
  }
}

async function run<Row>(
  client: Pick<pg.ClientBase, 'query'>,
  { prepare, timeoutMs }: Way,
  name: string,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    const statement = {
      text: `/* ${name} */ ${text}`,
      values: [...values],
      ...(timeoutMs === undefined ? {} : { query_timeout: timeoutMs }),
    }
    // without values it goes as a simple query, which may be several statements
    const { rows } = await client.query(
      prepare && values.length > 0 ? { name, ...statement } : statement,
    )
    return rows as Row[]
  } catch (error) {
    throw error instanceof DatabaseError ? error : unavailable(error)
  }
}

function unavailable(cause: unknown): CodeError {
  return new CodeError('unavailable', { details: { reason: messageOf(cause) }, cause })
}

/** The SQLSTATE of what Postgres refused; '' of anything else. */
export function stateOf(error: unknown): string {
  return error instanceof DatabaseError ? (error.code ?? '') : ''
}

/** JSON as `jsonb` takes it: without zero characters and halves of surrogate pairs. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(
    /\\(?:\\|u(?:0000|d[89a-f][\da-f]{2}))/g,
    // a backslash of the text itself is two of them
    (escape) => (escape === '\\\\' ? escape : '\\ufffd'),
  )
}
