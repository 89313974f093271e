/** A project's own database for what operators ask: statements of ours, statements as somebody, and SQL of theirs. */
import type { ProjectRecord } from '#host/control-plane/core'
import {
  ConnectionError,
  DatabaseError,
  decodeRows,
  openSession,
  ownSession,
  systemSession,
} from '#base/db'
import type { DedicatedSession, RunOptions, Session, Transaction } from '#base/db'
import type { Statement } from '#base/sql'
import { inspectErrors } from './errors.ts'
import type { Login } from './find-operator-login.ts'
import type { KeptSessions } from './kept-sessions.ts'
import { translate } from './translate.ts'

/** As whom, where it is not the operator's own login. */
export interface Identity {
  /** `authenticated`; default `postgres`. */
  readonly role?: string
  /** Of a token: `request.jwt.claims`. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Although the operator could write. */
  readonly readOnly?: boolean
  readonly isolation?: Session['isolation']
  /** Of its session in pg_stat_activity, where it has one of its own: at most 50 characters. */
  readonly label?: string
  /** Of a statement; default 30 s. */
  readonly timeoutMs?: number
}

export interface OwnSession {
  readonly session: DedicatedSession
  /** What a transaction of it begins with, or the session where transactions are the script's. */
  readonly as: Session
}

export interface ProjectDatabase {
  readonly record: ProjectRecord
  /** Whoever asks may not write. */
  readonly readOnly: boolean
  /** Makes the schema of the history of migrations, where there is none, for the owner to fill: in some databases it makes none. */
  prepareHistory(): Promise<void>
  /** Rejects where the database does not answer in time. */
  probe(withinMs: number): Promise<void>
  /** One statement of ours on the catalog: at most 5000 rows, 16 MiB. As `catalog`. */
  read<T>(statement: Statement): Promise<T[]>
  /**
   * Statements of ours in one snapshot that only reads, as the platform's own user without a search path: never one that
   * evaluates what the project can replace (functions, views, policies).
   */
  catalog<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  /** One transaction as the operator's login or whoever it becomes. Errors of Postgres: control_sql_failed, with their cause. */
  as<T>(
    identity: Identity,
    work: (transaction: Transaction) => Promise<T>,
    options?: RunOptions,
  ): Promise<T>
  /**
   * A session of its own that ends with `work`: nothing of SQL of theirs is left behind. Exports and imports
   * wait for others of theirs alone, all else for a turn that who only reads never has all of.
   */
  alone<T>(
    identity: Identity,
    onNotice: (severity: string, message: string) => void,
    work: (own: OwnSession) => Promise<T>,
    kind?: 'script' | 'export' | 'import',
  ): Promise<T>
}

export interface ProjectDatabaseOptions {
  readonly record: ProjectRecord
  readonly readOnly: boolean
  readonly use: <T>(work: (sessions: KeptSessions) => Promise<T>) => Promise<T>
  /** Of all projects together. */
  readonly turns: Turns
}

/** Turns of what has a session of its own: of one project, and of all of them. */
export type Turns = Pick<KeptSessions, 'scripts' | 'readers' | 'exports' | 'imports'>

const maxListed = 5_000
const maxBytes = 16 * 1024 * 1024
const maxRowBytes = 4 * 1024 * 1024
const timeoutMs = 35_000
const maxStatementMs = 30_000

const prepareHistory = `do $$ begin
  if to_regnamespace('supabase_migrations') is not null then return; end if;
  create schema supabase_migrations;
  if exists (select from pg_roles where rolname = 'postgres') then
    grant usage, create on schema supabase_migrations to postgres;
  end if;
end $$`

export function createProjectDatabase(options: ProjectDatabaseOptions): ProjectDatabase {
  const { record, readOnly, turns } = options
  const use = async <T>(work: (sessions: KeptSessions) => Promise<T>): Promise<T> => {
    try {
      return await options.use(work)
    } catch (error) {
      throw translate(error)
    }
  }
  const catalog = <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> =>
    use(({ own }) =>
      own.begin({ ...systemSession, readOnly: true, isolation: 'repeatable read' }, work, {
        timeoutMs,
        maxRowBytes,
        leaves: 'nothing',
      }),
    )
  const loginFor = (sessions: KeptSessions, identity: Identity): Promise<Login> => {
    if (readOnly && identity.role !== undefined) throw inspectErrors.control_sql_role_refused()
    return sessions.login(readOnly || (identity.readOnly === true && identity.role === undefined))
  }
  const sessionOf = (login: Login, identity: Identity): Session =>
    sessionAs(login, identity, readOnly)
  return {
    record,
    readOnly,
    catalog,
    prepareHistory: () =>
      use(async ({ own }) => {
        await own.begin(systemSession, (transaction) =>
          transaction.script('control.prepareHistory', prepareHistory),
        )
      }),
    probe: (withinMs) =>
      use(async ({ own }) => {
        const statement = { name: 'control.probe', text: 'select', values: [] }
        await own.execute(statement, { timeoutMs: withinMs })
      }),
    read: <T>(statement: Statement) =>
      catalog(async (transaction) =>
        decodeRows<T>(await transaction.firstRows(statement, maxListed, maxBytes)),
      ),
    as: (identity, work, run = {}) =>
      use(async (sessions) => {
        const login = await loginFor(sessions, identity)
        try {
          return await sessions.databaseOf(login).begin(sessionOf(login, identity), work, {
            timeoutMs,
            maxRowBytes,
            prepare: false,
            ...run,
          })
        } catch (error) {
          if (isLoginRefused(error)) await sessions.forget(login)
          throw error
        }
      }),
    alone: (identity, onNotice, work, kind = 'script') =>
      use((sessions) =>
        inTurn(sessions, turns, kind === 'script' && readOnly ? 'reader' : kind, async () => {
          const login = await loginFor(sessions, identity)
          const connection = {
            ...login.connection,
            applicationName: identity.label ?? 'basalt operator',
          }
          const session = await openSession(connection, () => {}, onNotice)
          try {
            return await work({ session, as: sessionOf(login, identity) })
          } finally {
            session.close()
          }
        }),
      ),
  }
}

/** Of the project first: who waits there holds none of all projects'. */
function inTurn<T>(
  of: Turns,
  all: Turns,
  kind: 'script' | 'reader' | 'export' | 'import',
  work: () => Promise<T>,
): Promise<T> {
  switch (kind) {
    case 'export':
      return of.exports(() => all.exports(work))
    case 'import':
      return of.imports(() => all.imports(work))
    case 'reader':
      return of.readers(() => of.scripts(() => all.readers(() => all.scripts(work))))
    default:
      return of.scripts(() => all.scripts(work))
  }
}

function sessionAs(login: Login, identity: Identity, mayOnlyRead: boolean): Session {
  const { role, claims, isolation } = identity
  const settings = ownSession.settings.filter(([name]) => name !== 'request.jwt.claims')
  return {
    role: role ?? login.role,
    settings: [
      ...settings,
      ['request.jwt.claims', claims === undefined ? '' : JSON.stringify(claims)],
      ['search_path', '"$user", public, extensions'],
      ['statement_timeout', String(identity.timeoutMs ?? maxStatementMs)],
      ['lock_timeout', '10000'],
      ['idle_in_transaction_session_timeout', '60000'],
    ],
    readOnly: mayOnlyRead || identity.readOnly === true,
    ...(isolation === undefined ? {} : { isolation }),
  }
}

/** Another node gave the login another password. */
function isLoginRefused(error: unknown): boolean {
  const cause = error instanceof ConnectionError ? error.cause : error
  return cause instanceof DatabaseError && cause.code.startsWith('28')
}
