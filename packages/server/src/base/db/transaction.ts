/** Transactions under a session: in one round trip, or explicit ones of dependent statements. */
import type { Statement } from '#base/sql'
import type { Result, RunOptions, Session, Transaction } from './database.ts'
import type { Use } from './connection-shares.ts'
import { decodeRows } from './decode-rows.ts'
import { TooLargeToShare } from './delivery.ts'
import { acquire, deadlineOf, send } from './dispatch.ts'
import type { Dispatch, Dispatcher } from './dispatcher.ts'
import { ConnectionError, DatabaseError, MisdirectedCancel } from './errors.ts'
import { forgetsStatements, resetBehind, resetUndone } from './session-reset.ts'
import { sessionStatement } from './session-statement.ts'
import { NoStreamPlace } from './stream-places.ts'
import type { StreamPlace } from './stream-places.ts'
import type { Slot } from './slot.ts'

const begin = (session: Session): Statement => {
  const isolation = session.isolation === undefined ? '' : ` isolation level ${session.isolation}`
  return { name: 'db.begin', text: `begin${isolation}`, values: [] }
}
/** Between two looks at how much it is. */
const rowsAtOnce = 100
const nothing: readonly Statement[] = []
const commit: Statement = { name: 'db.commit', text: 'commit', values: [] }
/** Two statements that wait for nobody. */
const resetFailedMs = 5_000
const rollback: Statement = { name: 'db.rollback', text: 'rollback', values: [] }

/** One implicit transaction in one round trip; explicit only when the options need to decide its end. */
export async function runTransaction(
  dispatcher: Dispatcher,
  session: Session,
  statements: readonly Statement[],
  options: RunOptions,
): Promise<readonly Result[]> {
  if (options.end === 'rollback' || session.isolation !== undefined)
    return withTransaction(dispatcher, session, options, (open) => open.run(...statements))
  let shared =
    options.lane === 'read' && options.leaves === 'nothing' && dispatcher.costs.isCheap(statements)
  let place: StreamPlace | null = null
  for (let attempt = 0; ; attempt++) {
    try {
      const all = [sessionStatement(session), ...statements]
      const use = shared ? 'shared' : dispatcher.costs.isShort(statements) ? 'short' : 'long'
      const how = { use, place, behind: resetBehind(options) } as const
      const results = await runPipeline(dispatcher, session.role, all, options, how)
      return results.slice(1)
    } catch (error) {
      if (error instanceof TooLargeToShare || error instanceof NoStreamPlace) {
        shared = false
        if (error instanceof NoStreamPlace) place = await dispatcher.streams.wait()
        continue
      }
      if (attempt > 0 || !canRunAgain(error))
        throw error instanceof MisdirectedCancel ? error.cause : error
    }
  }
}

/** Nothing of the pipeline has happened, and the reason is gone by the next attempt. */
function canRunAgain(error: unknown): boolean {
  if (error instanceof MisdirectedCancel) return true
  if (!(error instanceof DatabaseError)) return false
  return (
    error.code === '26000' ||
    error.code === '42P05' ||
    (error.code === '0A000' && /cached plan/.test(error.message))
  )
}

/** An explicit transaction on a connection of its own. BEGIN travels with the first statements. */
export async function withTransaction<T>(
  dispatcher: Dispatcher,
  session: Session,
  options: RunOptions,
  work: (transaction: OpenTransaction) => Promise<T>,
): Promise<T> {
  const deadlineAt = deadlineOf(options)
  const slot = await new Promise<Slot>((resolve, reject) =>
    acquire(dispatcher.pool, {
      // how long it lasts is for whoever opened it to say
      use: 'long',
      role: session.role ?? '',
      options,
      deadlineAt,
      place: resolve,
      fail: reject,
    }),
  )
  const open = new OpenTransaction(dispatcher, session, options, slot, deadlineAt)
  try {
    const value = await work(open)
    await open.end(options.end === 'rollback' ? rollback : commit)
    return value
  } catch (error) {
    // After a failed rollback nothing is known of the connection.
    await open.end(rollback).catch(() => slot.connection.destroy('a rollback failed'))
    throw error
  } finally {
    open.close()
    dispatcher.pool.release(slot)
  }
}

/** A connection held for one explicit transaction. */
export class OpenTransaction implements Transaction {
  readonly #dispatcher: Dispatcher
  readonly #session: Session
  readonly #options: RunOptions
  readonly #slot: Slot
  readonly #deadlineAt: number
  #state: 'new' | 'open' | 'ended' = 'new'

  constructor(
    dispatcher: Dispatcher,
    session: Session,
    options: RunOptions,
    slot: Slot,
    deadlineAt: number,
  ) {
    this.#dispatcher = dispatcher
    this.#session = session
    // what ends the transaction could not overtake a row that waits to be read
    this.#options = { ...options, stream: false }
    this.#slot = slot
    this.#deadlineAt = deadlineAt
  }

  async run(...statements: readonly Statement[]): Promise<readonly Result[]> {
    const opening = this.#opening()
    const results = await this.#send([...opening, ...statements], this.#deadlineAt)
    return results.slice(opening.length)
  }

  async rows<T>(statement: Statement): Promise<T[]> {
    const [result] = await this.run(statement)
    return decodeRows<T>(result as Result)
  }

  async firstRows(statement: Statement, maxRows: number, maxBytes: number): Promise<Result> {
    let result = await this.openPortal([statement], Math.min(maxRows, rowsAtOnce))
    const first = result
    const rows = [...first.rows]
    let bytes = sizeOf(result)
    while (result.hasMore === true && rows.length < maxRows && bytes < maxBytes) {
      const portal = { maxRows: Math.min(maxRows - rows.length, rowsAtOnce), continues: true }
      result = last(await this.#send([statement], this.#deadlineAt, { portal }))
      rows.push(...result.rows)
      bytes += sizeOf(result)
    }
    return { ...first, rows, rowCount: rows.length, hasMore: result.hasMore === true }
  }

  async script(name: string, text: string): Promise<void> {
    const opening = this.#opening()
    if (opening.length > 0) await this.#send(opening, this.#deadlineAt)
    const script: Statement = { name, text, values: [] }
    await this.#send([], this.#deadlineAt, { script })
  }

  /** The first rows of the last statement; the others stay in the portal, which lives as long as the transaction. */
  async openPortal(statements: readonly Statement[], maxRows: number): Promise<Result> {
    const all = [...this.#opening(), ...statements]
    const portal = { maxRows, continues: false }
    return last(await this.#send(all, this.#deadlineAt, { portal }))
  }

  /** The next rows. Without a deadline: how long it takes to get through all of them is up to their reader. */
  async fetch(statement: Statement, maxRows: number): Promise<Result> {
    const portal = { maxRows, continues: true }
    return last(await this.#send([statement], Number.POSITIVE_INFINITY, { portal }))
  }

  /** The end has no deadline: a transaction must not stay open because time ran out. */
  async end(how: Statement): Promise<void> {
    if (this.#state !== 'open') return
    if (how === commit) return this.#commit()
    this.#state = 'ended'
    const undone = resetUndone(this.#options)
    await this.#send([rollback, ...undone], Number.POSITIVE_INFINITY, {
      forgets: forgetsStatements(this.#options),
    })
  }

  async #commit(): Promise<void> {
    const behind = resetBehind(this.#options)
    const forgets = forgetsStatements(this.#options)
    try {
      await this.#send([...behind, commit], Number.POSITIVE_INFINITY, { forgets })
      this.#state = 'ended'
    } catch (error) {
      const failed = error instanceof DatabaseError && error.code === '25P02'
      throw failed ? transactionHadFailed(error) : error
    }
  }

  /** Whoever kept a reference can do nothing with it any more. */
  close(): void {
    this.#state = 'ended'
  }

  #opening(): readonly Statement[] {
    if (this.#state === 'ended') throw new Error('The transaction has ended')
    if (this.#state === 'open') return []
    this.#state = 'open'
    return [begin(this.#session), sessionStatement(this.#session)]
  }

  #send(
    statements: readonly Statement[],
    deadlineAt: number,
    how: Pick<Dispatch, 'script' | 'portal' | 'forgets'> = {},
  ): Promise<readonly Result[]> {
    const { role } = this.#session
    const options = this.#options
    const dispatch = { role, statements, options, deadlineAt, place: null, ...how }
    return new Promise((resolve, reject) =>
      send(this.#dispatcher, this.#slot, dispatch, resolve, reject),
    )
  }
}

function transactionHadFailed(cause: Error): ConnectionError {
  return new ConnectionError('closed', 'The transaction had failed and was rolled back', cause)
}

function sizeOf({ rows }: Result): number {
  return rows.reduce((sum, row) => row.reduce((all, cell) => all + (cell?.length ?? 0), sum), 0)
}

function last(results: readonly Result[]): Result {
  return results.at(-1) as Result
}

/** Statements under a Sync of their own, without a session: what refuses to run in a transaction block, or begins its own. */
export function runAlone(
  dispatcher: Dispatcher,
  statements: readonly Statement[],
  options: RunOptions,
): Promise<readonly Result[]> {
  const alone = { ...options, prepare: false }
  const how = { use: 'long', place: null, behind: nothing } as const
  return runPipeline(dispatcher, null, statements, alone, how)
}

function runPipeline(
  dispatcher: Dispatcher,
  role: string | null,
  statements: readonly Statement[],
  options: RunOptions,
  how: Pick<Dispatch, 'place'> & { use: Use; behind: readonly Statement[] },
): Promise<readonly Result[]> {
  const deadlineAt = deadlineOf(options)
  const { pool } = dispatcher
  const { use, place: streamPlace, behind } = how
  const shared = use === 'shared'
  const forgets = behind.length > 0 && forgetsStatements(options)
  return new Promise((resolve, reject) =>
    acquire(pool, {
      use,
      role: role ?? '',
      options,
      deadlineAt,
      fail: (error) => {
        streamPlace?.leave()
        reject(error)
      },
      // Sent in the same turn as the slot is given: a slot handed over later could meanwhile be somebody's transaction.
      place: (slot) => {
        // not at once: who waits for the slot would be served in the middle of the connection's own work
        const release = (): void => queueMicrotask(() => pool.release(slot))
        const onEnd = (failed: boolean): void => {
          if (failed && behind.length > 0) resetFailed(dispatcher, slot, options, release)
          else if (!shared) release()
        }
        // one literal: properties behind a spread make V8 a hidden class each time, in old space
        const dispatch = {
          role,
          statements,
          options,
          deadlineAt,
          place: streamPlace,
          shared,
          behind: behind.length > 0 ? behind : undefined,
          forgets,
          onEnd,
        }
        send(dispatcher, slot, dispatch, resolve, reject)
      },
    }),
  )
}

/** What a failure does not undo: locks of the session, and its prepared statements. */
function resetFailed(
  dispatcher: Dispatcher,
  slot: Slot,
  given: RunOptions,
  release: () => void,
): void {
  const { leaves } = given
  const options: RunOptions = leaves === undefined ? {} : { leaves }
  const dispatch: Dispatch = {
    role: null,
    statements: resetUndone(options),
    options,
    deadlineAt: performance.now() + resetFailedMs,
    forgets: forgetsStatements(options),
    place: null,
  }
  send(dispatcher, slot, dispatch, release, (error) => {
    slot.connection.destroy(`its session could not be reset: ${error.message}`)
    release()
  })
}
