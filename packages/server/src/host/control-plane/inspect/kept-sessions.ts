/** The sessions of one project that are kept while operators ask, and closed when they have not for a while. */
import { controlErrors } from '#host/control-plane/core'
import { openDatabase, parseConnectionUrl } from '#base/db'
import type { ConnectionOptions, Database } from '#base/db'
import { createQueue } from '#base/kernel'
import type { Queue } from '#base/kernel'
import { findLogin } from './find-operator-login.ts'
import type { Login } from './find-operator-login.ts'

export interface KeptOptions {
  readonly ref: string
  readonly url: string
  /** Passwords of its logins are made of it. */
  readonly secret: string
  readonly idleMs: number
  readonly onIdle: (sessions: KeptSessions) => void
}

/** As the platform's own user, and as each of the operators' logins. */
const connectionsOfEach = 2
const maxWaiting = 32
/** Scripts have a session of their own each. */
const scriptsAtOnce = 3
/** Who only reads leaves a turn to who mends. */
const readersAtOnce = 2
/** They last as long as who reads or sends takes. */
const exportsAtOnce = 2
const importsAtOnce = 2

export class KeptSessions {
  readonly ref: string
  readonly own: Database
  /** Turns of SQL that has a session of its own. */
  readonly scripts: Queue
  /** Taken before that by who may only read. */
  readonly readers: Queue
  readonly exports: Queue
  readonly imports: Queue
  readonly #options: KeptOptions
  readonly #connection: ConnectionOptions
  readonly #logins = new Map<string, Database>()
  readonly #known = new Set<string>()
  #uses = 0
  #timer: NodeJS.Timeout | null = null
  usedAt = performance.now()

  constructor(options: KeptOptions) {
    this.ref = options.ref
    this.#options = options
    this.#connection = parseConnectionUrl(options.url)
    this.own = open(this.#connection)
    this.scripts = turnsOf(scriptsAtOnce)
    this.readers = turnsOf(readersAtOnce)
    this.exports = turnsOf(exportsAtOnce)
    this.imports = turnsOf(importsAtOnce)
  }

  get isIdle(): boolean {
    return this.#uses === 0
  }

  isFor(url: string, secret: string): boolean {
    return this.#options.url === url && this.#options.secret === secret
  }

  async use<T>(work: (sessions: KeptSessions) => Promise<T>): Promise<T> {
    this.#uses++
    if (this.#timer !== null) clearTimeout(this.#timer)
    try {
      return await work(this)
    } finally {
      this.#uses--
      this.usedAt = performance.now()
      if (this.isIdle) {
        this.#timer = setTimeout(() => this.#options.onIdle(this), this.#options.idleMs)
        this.#timer.unref()
      }
    }
  }

  /** Looked up each time: `postgres` may have become a superuser. @throws control_sql_superuser */
  login(readOnly: boolean): Promise<Login> {
    const { secret } = this.#options
    const search = { db: this.own, own: this.#connection, secret, known: this.#known }
    return findLogin(search, readOnly)
  }

  databaseOf({ connection }: Login): Database {
    const known = this.#logins.get(connection.user)
    if (known !== undefined) return known
    const db = open(connection)
    this.#logins.set(connection.user, db)
    return db
  }

  /** Its password is another one by now. */
  async forget({ connection }: Login): Promise<void> {
    this.#known.delete(connection.user)
    const db = this.#logins.get(connection.user)
    this.#logins.delete(connection.user)
    await db?.close()
  }

  /** When what runs has ended. */
  async close(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await Promise.all([this.own, ...this.#logins.values()].map((db) => db.close()))
  }
}

/** As many again may wait, twice. */
export function turnsOf(concurrency: number): Queue {
  const refuse = (): Error => controlErrors.control_busy()
  return createQueue({ concurrency, maxWaiting: 2 * concurrency, refuse })
}

function open(connection: ConnectionOptions): Database {
  return openDatabase({
    connection: { ...connection, applicationName: 'basalt operator' },
    minConnections: 0,
    maxConnections: connectionsOfEach,
    maxWaiting,
    connectPatienceMs: 1_000,
    acquireTimeoutMs: 10_000,
    idleTimeoutMs: 30_000,
    preparedStatements: false,
  })
}
