/**
 * A statement with settings of its own, which end with it: both go in one message and one transaction, that of the message.
 * As ten statements of a transaction, settings took the driver 50 µs more of each search, and Postgres 25.
 */
import pg from 'pg'
import type { QueryConfig, Submittable } from 'pg'

export interface Settings {
  /** One for each text. */
  readonly name: string
  /** Numbers and names of ours: nothing of a caller. */
  readonly values: Readonly<Record<string, string>>
}

/** What the driver has, and its types leave out. */
interface RawQuery extends Submittable {
  readonly name?: string
  prepare(connection: RawConnection): void
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, connection: RawConnection): void
  handleError(error: Error, connection: RawConnection): void
  callback: (error: Error | null, result?: { readonly rows: object[] }) => void
}

interface RawConnection {
  /** Text by name. */
  readonly parsedStatements: Record<string, string>
  parse(statement: { readonly name: string; readonly text: string }): void
  bind(config: { readonly statement: string }): void
  execute(config: object): void
  close(message: { readonly type: 'S'; readonly name: string }): void
}

const Query = pg.Query as unknown as new (config: QueryConfig) => RawQuery

export class SettledQuery extends Query {
  readonly #settings: { readonly name: string; readonly text: string }
  #isSettled = false
  #isNew = false

  /** A `config` without a name is parsed each time, and its settings are. */
  constructor({ name, values }: Settings, config: QueryConfig) {
    super(config)
    const calls = Object.entries(values).map(
      ([setting, value]) => `set_config('${setting}', '${value}', true)`,
    )
    this.#settings = {
      name: config.name === undefined ? '' : name,
      text: `/* ${name} */ select ${calls.join(', ')}`,
    }
  }

  override prepare(connection: RawConnection): void {
    const { name, text } = this.#settings
    if (connection.parsedStatements[name] === undefined) connection.parse({ name, text })
    connection.bind({ statement: name })
    connection.execute({})
    this.#isNew = this.name !== undefined && connection.parsedStatements[this.name] === undefined
    // one that failed may be there or not
    if (this.#isNew && this.name !== undefined) connection.close({ type: 'S', name: this.name })
    super.prepare(connection)
  }

  override handleDataRow(message: unknown): void {
    if (this.#isSettled) super.handleDataRow(message)
  }

  override handleCommandComplete(message: unknown, connection: RawConnection): void {
    if (this.#isSettled) return super.handleCommandComplete(message, connection)
    this.#isSettled = true
    const { name, text } = this.#settings
    if (name !== '') connection.parsedStatements[name] = text
  }

  override handleError(error: Error, connection: RawConnection): void {
    // the driver takes it for parsed as soon as the settings are
    if (this.#isNew && this.name !== undefined)
      Reflect.deleteProperty(connection.parsedStatements, this.name)
    super.handleError(error, connection)
  }
}
