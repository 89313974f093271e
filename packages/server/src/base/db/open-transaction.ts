/** An explicit transaction while it is open, on a connection of its own. */
import type { Statement } from '#base/sql'
import type { Result, RunOptions, Session, Transaction } from './database.ts'
import { decodeRows } from './decode-rows.ts'
import { send } from './dispatch.ts'
import type { Dispatch, Dispatcher } from './dispatcher.ts'
import { ConnectionError, DatabaseError } from './errors.ts'
import { forgetsStatements, resetBehind, resetUndone } from './session-reset.ts'
import { sessionStatement } from './session-statement.ts'
import type { Slot } from './slot.ts'

const begin = (session: Session): Statement => {
  const isolation = session.isolation === undefined ? '' : ` isolation level ${session.isolation}`
  const mode = session.readOnly === false ? ' read write' : ''
  return { name: 'db.begin', text: `begin${isolation}${mode}`, values: [] }
}
export const commit: Statement = { name: 'db.commit', text: 'commit', values: [] }
export const rollback: Statement = { name: 'db.rollback', text: 'rollback', values: [] }
/** Between two looks at how much it is. */
const rowsAtOnce = 100

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
