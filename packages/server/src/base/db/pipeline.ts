/** One pipeline: statements that travel together under one Sync, and their results as they arrive. */
import type { Statement } from '#base/sql'
import type { Cell, Field, Result } from './database.ts'
import type { ByteStream } from './byte-stream.ts'
import type { PieceReader } from './large-row.ts'
import type { PreparedStatement } from './prepared-statements.ts'

/** One statement on its way. */
export class Execution implements Result {
  readonly statement: Statement
  /** Names the prepared statement together with the text: Postgres plans again when the role changes. */
  readonly role: string
  /** Set when this execution's Parse makes a named statement. */
  parsing: PreparedStatement | null = null
  rows: (readonly Cell[])[] = []
  fields: readonly Field[] = []
  command = ''
  rowCount = 0
  /** Rows to give at most; more stay in the portal. 0 for all. */
  maxRows = 0
  /** Goes on with the portal the connection has open, instead of binding one. */
  continues = false
  hasMore = false
  /** Of rows; those behind the one that passes it are let go, and `hasMore` says so. */
  bytesLeft = Number.POSITIVE_INFINITY
  tail: ByteStream | null = null

  constructor(statement: Statement, role: string) {
    this.statement = statement
    this.role = role
  }
}

/** How a script ended: what its last statement's CommandComplete said. */
export interface ScriptEnd {
  /** `INSERT 0 1`, `CREATE TABLE`, `SELECT 3` */
  readonly tag: string
  /** Whether it gave rows; the rows themselves are let go. */
  readonly hasRows: boolean
}

export interface PipelineOutcome {
  /** Takes a row that is too large to be collected lightly; with null, or without this, it is collected. */
  divert?(execution: Execution, bytes: number): PieceReader | null
  resolve(results: readonly Result[]): void
  reject(error: Error): void
}

export class Pipeline {
  readonly executions: readonly Execution[]
  readonly outcome: PipelineOutcome
  /** A simple-protocol script instead of executions. */
  readonly script: Statement | null
  /** Whether statements are kept prepared. */
  readonly prepare: boolean
  /** The execution whose messages arrive now. */
  at = 0
  /** Of a script: the last statement's command tag, and whether it gave rows. */
  scriptEnd: ScriptEnd | null = null
  scriptHasFields = false
  /** What a script's COPY FROM STDIN is given. */
  copyIn: AsyncIterable<Uint8Array> | null = null
  error: Error | null = null
  cancelRequested = false
  /** Leaves the connection without prepared statements. */
  forgets = false
  /** When the server is asked to stop it, in `performance.now()` ms. */
  deadlineAt = Number.POSITIVE_INFINITY
  /** When it became the head of its connection, in `performance.now()` ms. */
  startedAt = 0

  constructor(
    executions: readonly Execution[],
    outcome: PipelineOutcome,
    prepare: boolean,
    script?: Statement,
  ) {
    this.executions = executions
    this.outcome = outcome
    this.prepare = prepare
    this.script = script ?? null
  }

  get statements(): readonly Statement[] {
    return this.executions.map((execution) => execution.statement)
  }

  /** Nothing but a Sync: a sign of life. */
  get isPing(): boolean {
    return this.executions.length === 0 && this.script === null
  }

  /** The name errors are reported under. */
  get currentName(): string | null {
    return this.script?.name ?? this.executions[this.at]?.statement.name ?? null
  }
}
