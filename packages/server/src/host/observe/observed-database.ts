/** A database whose statements are steps of the request they run in. */
import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Database, RunOptions, Session, Transaction } from '#base/db'
import type { Statement } from '#base/sql'
import { nowMs } from './request-record.ts'
import type { Step } from './request-record.ts'

interface Observed {
  readonly db: Database
  readonly steps: AsyncLocalStorage<Step>
  /** Whether statements of traced requests say so in a comment. */
  readonly hasComments: boolean
}

/** Where no request is followed it costs one look. */
export function observeDatabase(observed: Observed): Database {
  const { db, steps } = observed
  const at = (): Step | null => {
    const step = steps.getStore()
    return step === undefined || step.record.isOver ? null : step
  }
  return {
    transaction: (session, statements, options) => {
      const parent = at()
      if (parent === null) return db.transaction(session, statements, options)
      return new Run(observed, parent, session, statements).follow((run) =>
        db.transaction(run.session, run.statements, run.optionsOf(options)),
      )
    },
    streamRows: (session, statements, separator, options) => {
      const parent = at()
      if (parent === null) return db.streamRows(session, statements, separator, options)
      return new Run(observed, parent, session, statements).follow((run) =>
        db.streamRows(run.session, run.statements, separator, run.optionsOf(options)),
      )
    },
    execute: (statement, options) => {
      const parent = at()
      if (parent === null) return db.execute(statement, options)
      return new Run(observed, parent, null, [statement]).follow(() =>
        db.execute(statement, options),
      )
    },
    executeAll: (statements, options) => {
      const parent = at()
      if (parent === null) return db.executeAll(statements, options)
      return new Run(observed, parent, null, statements).follow(() =>
        db.executeAll(statements, options),
      )
    },
    begin: (session, work, options) => {
      const parent = at()
      if (parent === null) return db.begin(session, work, options)
      return followTransaction(observed, parent, session, work, options)
    },
    listen: (channel, listener, onReconnect) => db.listen(channel, listener, onReconnect),
    stats: () => db.stats(),
    close: () => db.close(),
  }
}

/** One round trip. */
class Run {
  readonly #observed: Observed
  readonly #parent: Step
  readonly #step: Step
  readonly #given: readonly Statement[]
  readonly #session: Session | null
  readonly #traceParent: string | null

  constructor(
    observed: Observed,
    parent: Step,
    session: Session | null,
    statements: readonly Statement[],
  ) {
    this.#observed = observed
    this.#parent = parent
    this.#step = parent.record.begin()
    this.#given = statements
    this.#session = session
    this.#traceParent = parent.record.traceParentOf(this.#step)
  }

  get session(): Session {
    return withTraceParent(this.#session as Session, this.#traceParent)
  }

  get statements(): readonly Statement[] {
    const traceParent = this.#observed.hasComments ? this.#traceParent : null
    if (traceParent === null) return this.#given
    return this.#given.map((statement) => commented(statement, traceParent))
  }

  optionsOf(options: RunOptions | undefined): RunOptions | undefined {
    return this.#observed.hasComments && this.#traceParent !== null
      ? { ...options, prepare: false }
      : options
  }

  async follow<T>(work: (run: Run) => Promise<T>): Promise<T> {
    const startMs = nowMs()
    try {
      const result = await work(this)
      this.#end(startMs, null)
      return result
    } catch (error) {
      this.#end(startMs, error)
      throw error
    }
  }

  #end(startMs: number, failure: unknown): void {
    const { record } = this.#parent
    const statement = this.#given.at(-1)
    if (statement === undefined) return
    const ms = nowMs() - startMs
    record.ran({ statement, ms, session: this.#session, db: this.#observed.db })
    const attributes = describe(this.#given, statement)
    const options = { kind: 'client', attributes } as const
    record.end(this.#step, this.#parent.spanId, statement.name, startMs, options, failure)
  }
}

async function followTransaction<T>(
  observed: Observed,
  parent: Step,
  session: Session,
  work: (transaction: Transaction) => Promise<T>,
  options: RunOptions | undefined,
): Promise<T> {
  const { record } = parent
  const step = record.begin()
  const startMs = nowMs()
  const within = withTraceParent(session, record.traceParentOf(step))
  try {
    const result = await observed.db.begin(
      within,
      (transaction) => work(observeTransaction(observed, step, session, transaction)),
      observed.hasComments && record.traceId !== null ? { ...options, prepare: false } : options,
    )
    record.end(step, parent.spanId, 'db.transaction', startMs, {})
    return result
  } catch (error) {
    record.end(step, parent.spanId, 'db.transaction', startMs, {}, error)
    throw error
  }
}

function observeTransaction(
  observed: Observed,
  parent: Step,
  session: Session,
  transaction: Transaction,
): Transaction {
  const run = (...statements: readonly Statement[]): Run =>
    new Run(observed, parent, session, statements)
  return {
    run: (...statements) =>
      run(...statements).follow(({ statements: sent }) => transaction.run(...sent)),
    rows: <R>(statement: Statement) =>
      run(statement).follow(({ statements: [sent] }) => transaction.rows<R>(sent as Statement)),
    firstRows: (statement, maxRows, maxBytes) =>
      run(statement).follow(({ statements: [sent] }) =>
        transaction.firstRows(sent as Statement, maxRows, maxBytes),
      ),
    // what it does is its writer's: only its name is told
    script: (name, text) =>
      run({ name, text: '', values: [] }).follow(() => transaction.script(name, text)),
  }
}

/** SQL sees it too: requests of pg_net take it along. */
function withTraceParent(session: Session, traceParent: string | null): Session {
  if (traceParent === null) return session
  return { ...session, settings: [...session.settings, ['basalt.traceparent', traceParent]] }
}

/** As sqlcommenter has it, at the end; the statement is known by its shape still. */
function commented(statement: Statement, traceParent: string): Statement {
  const { text, shape = text } = statement
  if (text === '') return statement
  return { ...statement, text: `${text}\n/*traceparent='${traceParent}'*/`, shape }
}

const maxTextChars = 2_000

/** Texts have no values in them: those are bound. */
function describe(all: readonly Statement[], { text }: Statement): Record<string, string | number> {
  return {
    'db.system.name': 'postgresql',
    'db.query.text': text.slice(0, maxTextChars),
    ...(all.length > 1 ? { 'db.operation.batch.size': all.length } : {}),
  }
}
