/** Runs a script as its operator wishes: in one transaction, unless it has its own. */
import { beginAs, stopLate } from '#host/control-plane/inspect'
import type { Identity, OwnSession, ProjectDatabase } from '#host/control-plane/inspect'
import { ConnectionError, DatabaseError, RowTooLarge } from '#base/db'
import type { DedicatedSession, Result, Session } from '#base/db'
import { sql } from '#base/sql'
import { explainPrefix, partsOf, positionIn } from './script-parts.ts'
import type { ScriptPart } from './script-parts.ts'

export interface ScriptWish {
  readonly text: string
  readonly identity: Identity
  /** Of rows a statement. */
  readonly limit: number
  readonly explain: 'plan' | 'analyze' | null
  /** Of the whole script. */
  readonly maxMs?: number
}

export interface StatementResult {
  readonly statement: string
  readonly command: string | null
  readonly fields: Result['fields']
  readonly rows: readonly (readonly (string | null)[])[]
  readonly truncated: boolean
  readonly rowCount: number
  readonly ms: number
  readonly plan?: unknown
}

export interface ScriptError {
  /** SQLSTATE, or `cancelled`, `row_too_large`. */
  readonly code: string
  readonly message: string
  readonly detail: string | null
  readonly hint: string | null
  /** 1-based, in the script, in UTF-16 units. */
  readonly position: number | null
  /** Which statement, from 0. */
  readonly statement: number
}

export interface ScriptOutcome {
  readonly results: readonly StatementResult[]
  readonly error: ScriptError | null
  readonly notices: readonly string[]
}

/** The side that runs, for whoever wants it to stop. */
export interface RunningScript {
  /** Set once there is a session. */
  session: DedicatedSession | null
  isCancelled: boolean
}

const maxBytes = 8 * 1024 * 1024
const maxRowBytes = 1024 * 1024
const maxShown = 1_000
const maxNotices = 200
const defaultMs = 30_000
/** Statements are many: each has an end of its own, and all of them hold one of few turns. */
const maxScriptMs = 600_000
/** What is kept of a column besides its name. */
const columnBytes = 64
const few = { maxRows: 1, maxBytes: 1024, maxRowBytes: 1024 * 1024 }

export function runScript(
  database: ProjectDatabase,
  wish: ScriptWish,
  running: RunningScript,
): Promise<ScriptOutcome> {
  const parts = partsOf(wish.text)
  const notices: string[] = []
  const onNotice = (severity: string, message: string): void => {
    if (notices.length < maxNotices) notices.push(`${severity}: ${message}`.slice(0, maxShown))
  }
  return database.alone(wish.identity, onNotice, async (own) => {
    running.session = own.session
    const script = new Script(own, wish, running)
    const hasOwn = !mustStay(own.as, wish) && parts.some(({ kind }) => kind !== 'plain')
    const error = hasOwn ? await script.runAsWritten(parts) : await script.runTogether(parts)
    return { results: script.results, error, notices }
  })
}

/** What only reads, and what is undone, has one transaction: in the next one it could write, if only by a function of its owner. */
const mustStay = ({ readOnly }: Session, { explain }: ScriptWish): boolean =>
  readOnly === true || explain !== null

const oneTransaction = {
  S: 'ERROR',
  C: '25006',
  M: 'What only reads, and what is measured, is one transaction, and nothing in it ends that',
  H: 'Leave out begin, commit and rollback.',
}

const tooLong = {
  S: 'ERROR',
  C: '57014',
  M: 'The script took longer than a script may here',
  H: 'Run it in parts, or with psql.',
}

class Script {
  readonly results: StatementResult[] = []
  readonly #session: DedicatedSession
  readonly #as: Session
  readonly #wish: ScriptWish
  readonly #running: RunningScript
  readonly #endMs: number
  #bytesLeft = maxBytes

  constructor({ session, as }: OwnSession, wish: ScriptWish, running: RunningScript) {
    this.#session = session
    this.#as = as
    this.#wish = wish
    this.#running = running
    this.#endMs = performance.now() + (wish.maxMs ?? maxScriptMs)
  }

  /** All or nothing; nothing where it was only to be measured. */
  async runTogether(parts: readonly ScriptPart[]): Promise<ScriptError | null> {
    return this.#caught(parts, async (run) => {
      await beginAs(this.#session, this.#as)
      for (const [at, part] of parts.entries()) {
        await run(at, part)
        if (!this.#session.isInTransaction) throw new DatabaseError(oneTransaction, 'studio.sql')
      }
      const end = this.#wish.explain === 'analyze' ? 'rollback' : 'commit'
      await this.#session.firstRows({ name: 'studio.end', text: end, values: [] }, few)
    })
  }

  /** Its own transactions, and statements that are in none. */
  async runAsWritten(parts: readonly ScriptPart[]): Promise<ScriptError | null> {
    return this.#caught(parts, async (run) => {
      await this.#session.firstRows(settled(this.#as), few)
      for (const [at, part] of parts.entries()) {
        const isOwn = part.kind === 'plain' && !this.#session.isInTransaction
        if (isOwn) await this.#session.script('studio.begin', 'begin')
        await run(at, part)
        if (isOwn) await this.#session.script('studio.commit', 'commit')
      }
    })
  }

  async #caught(
    parts: readonly ScriptPart[],
    work: (run: (at: number, part: ScriptPart) => Promise<void>) => Promise<void>,
  ): Promise<ScriptError | null> {
    let at = 0
    try {
      await work(async (index, part) => {
        at = index
        await this.#run(part)
      })
      return null
    } catch (error) {
      return this.#describe(error, at, parts[at])
    }
  }

  async #run(part: ScriptPart): Promise<void> {
    if (this.#running.isCancelled) throw new ConnectionError('cancelled', 'Cancelled')
    if (mustStay(this.#as, this.#wish) && (part.kind === 'begin' || part.kind === 'end'))
      throw new DatabaseError(oneTransaction, 'studio.sql')
    if (performance.now() > this.#endMs) throw new DatabaseError(tooLong, 'studio.sql')
    const prefix = explainPrefix(part.text, this.#wish.explain)
    const statement = { name: 'studio.sql', text: prefix + part.text, values: [] }
    const begun = performance.now()
    const limits = { maxRows: this.#wish.limit, maxBytes: this.#bytesLeft, maxRowBytes }
    const { timeoutMs = defaultMs } = this.#wish.identity
    const msLeft = Math.min(timeoutMs, this.#endMs - performance.now())
    const result = await stopLate(this.#session, msLeft, () =>
      this.#session.firstRows(statement, limits),
    )
    const ms = Math.round((performance.now() - begun) * 1000) / 1000
    this.#keep(part, prefix === '', result, ms)
  }

  /** Of what comes once the bytes are used up there is neither a row nor a column. */
  #keep(part: ScriptPart, isShown: boolean, result: Result, ms: number): void {
    const { command, rowCount, hasMore } = result
    const rows = result.rows.map((row) => row.map((cell) => (cell === null ? null : textOf(cell))))
    const fields = isShown && this.#bytesLeft > 0 ? result.fields : []
    this.#bytesLeft -= fields.reduce((sum, { name }) => sum + name.length + columnBytes, 0)
    this.#bytesLeft -= result.rows.reduce((sum, row) => sum + sizeOf(row), 0)
    this.results.push({
      statement: part.text.slice(0, maxShown),
      command: command === '' ? null : command,
      fields,
      rows: isShown ? rows : [],
      truncated: hasMore === true,
      rowCount: isShown ? rowCount : 0,
      ms,
      ...(isShown ? {} : { plan: JSON.parse(rows[0]?.[0] ?? 'null') as unknown }),
    })
  }

  /** What is wrong with the script is an answer; what is wrong with the connection is not. */
  #describe(error: unknown, statement: number, part: ScriptPart | undefined): ScriptError {
    const nothing = { detail: null, hint: null, position: null, statement }
    if (error instanceof RowTooLarge)
      return { ...nothing, code: 'row_too_large', message: 'A row is larger than 1 MiB' }
    const isCancelled = this.#running.isCancelled
    if (isCancelled && (error instanceof DatabaseError || error instanceof ConnectionError))
      return { ...nothing, code: 'cancelled', message: 'Cancelled' }
    if (!(error instanceof DatabaseError)) throw error
    const { code, message, detail, hint, position } = error
    const prefix = part === undefined ? '' : explainPrefix(part.text, this.#wish.explain)
    const place = part === undefined ? null : positionIn(part, position, prefix)
    return { code, message, detail, hint, position: place, statement }
  }
}

/** Who the session is, and what it may, beyond one transaction. */
function settled({ role, settings }: Session) {
  const all = [...settings, ['role', role ?? 'none'] as const]
  const names = all.map(([name]) => name)
  return sql`/* studio.settle */
    select pg_catalog.count(pg_catalog.set_config(name, value, false)) from (select name, value from rows from (
      pg_catalog.json_array_elements_text(${JSON.stringify(names)}::json),
      pg_catalog.json_array_elements_text(${JSON.stringify(all.map(([, value]) => value))}::json)
    ) with ordinality as given (name, value, n) order by n) as given`
}

/** With what a null takes, as on the wire. */
const sizeOf = (row: readonly (Uint8Array | null)[]): number =>
  row.reduce((sum, cell) => sum + (cell?.length ?? 0) + 4, 0)

function textOf(cell: Uint8Array): string {
  return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString('utf8')
}
