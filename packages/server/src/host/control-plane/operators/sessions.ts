/** How operators are known: sessions of an hour, tokens for programs. Neither is stored, only its SHA-256. */
import { createHash, randomBytes } from 'node:crypto'
import { controlErrors, lesserRole } from '#host/control-plane/core'
import type { Actor, OperatorRole } from '#host/control-plane/core'
import { auditRow, change, read } from '#host/control-plane/store'
import type { ControlStore } from '#host/control-plane/store'
import { sql } from '#base/sql'
import { createAttempts } from './attempts.ts'
import { normalEmail, operatorColumns } from './operators.ts'
import type { Operator } from './operators.ts'
import { matchesPassword } from './passwords.ts'

export interface NewToken {
  readonly id: string
  /** Told once. */
  readonly token: string
  /** Unix milliseconds; null for one without an end. */
  readonly expiresMs: number | null
}

export interface Token {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly createdMs: number
  readonly expiresMs: number | null
  readonly lastUsedMs: number | null
}

/** Who asks, as the token they send says. */
export interface Caller {
  readonly operator: Pick<Operator, 'id' | 'email' | 'role'>
  readonly sessionId: string
  /** By ref; an owner needs none. */
  readonly memberships: ReadonlyMap<string, OperatorRole>
}

/** `program`: an hour. `page`: Studio's, that ends unused after half an hour, and after twelve hours. */
export type SessionKind = 'program' | 'page'

export interface Sessions {
  /** @throws control_sign_in_refused, control_too_many_attempts, control_busy */
  signIn(
    email: string,
    password: string,
    address: string,
    kind?: SessionKind,
  ): Promise<NewToken & { operator: Operator }>
  /** Null for a token that is none, that has expired or whose operator is gone. */
  find(token: string): Promise<Caller | null>
  end(sessionId: string): Promise<void>
  /** For programs. @throws control_operator_not_found */
  createToken(
    email: string,
    options: { readonly name: string; readonly expiresMs: number | null },
    actor: Actor,
  ): Promise<NewToken>
  tokens(): Promise<Token[]>
  /** @throws control_token_not_found */
  revokeToken(id: string, actor: Actor): Promise<void>
}

const sessionMs = { program: 3_600_000, page: 12 * 3_600_000 }
const idleSeconds = { program: null, page: 1_800 }
/** Of one operator; the oldest end. */
const maxSessions = 20
/** An hour is seen to the minute. */
const seenEvery = '1 minute'

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** What a member of a project may do there; null for who is none. */
export function roleIn({ operator, memberships }: Caller, ref: string): OperatorRole | null {
  if (operator.role === 'owner') return 'owner'
  const member = memberships.get(ref)
  return member === undefined ? null : lesserRole(member, operator.role)
}

/** In the form the Supabase CLI takes an access token. */
const newToken = (): string => `sbp_${randomBytes(20).toString('hex')}`
const newSession = (): string => `bas_${randomBytes(32).toString('base64url')}`

export function createSessions(store: ControlStore): Sessions {
  const attempts = createAttempts(store)
  return {
    signIn: async (given, password, address, kind = 'program') => {
      const email = normalEmail(given)
      await attempts.begin(email, address)
      const [found] = await read(store, (transaction) =>
        transaction.rows<Operator & { hash: string }>(sql`/* control.findByEmail */
          select ${operatorColumns}, password_hash as hash from basalt_control.operators where lower(email) = ${email}`),
      )
      if (!(await matchesPassword(found?.hash ?? null, password)) || found === undefined)
        throw controlErrors.control_sign_in_refused()
      await attempts.succeed(email, address)
      const { hash: _, ...operator } = found
      return { ...(await openSession(store, operator, address, kind)), operator }
    },
    find: (token) => findCaller(store, token),
    end: async (sessionId) => {
      await change(store, (transaction) =>
        transaction.run(
          sql`/* control.endSession */ delete from basalt_control.sessions where id = ${sessionId}::uuid`,
        ),
      )
    },
    createToken: (email, options, actor) => createToken(store, normalEmail(email), options, actor),
    tokens: () =>
      read(store, (transaction) =>
        transaction.rows<Token>(sql`/* control.listTokens */
          select sessions.id::text, name, email,
            extract(epoch from sessions.created_at)::float8 * 1000 as "createdMs",
            extract(epoch from expires_at)::float8 * 1000 as "expiresMs",
            extract(epoch from last_used_at)::float8 * 1000 as "lastUsedMs"
          from basalt_control.sessions join basalt_control.operators on operators.id = operator_id
          where name is not null order by sessions.created_at`),
      ),
    revokeToken: (id, actor) =>
      change(store, async (transaction) => {
        const gone = await transaction.rows<{ name: string }>(sql`/* control.revokeToken */
          delete from basalt_control.sessions where id::text = ${id} and name is not null returning name`)
        if (gone[0] === undefined) throw controlErrors.control_token_not_found()
        await transaction.run(auditRow(actor, 'token.revoke', null, { name: gone[0].name }))
      }),
  }
}

async function openSession(
  store: ControlStore,
  { id: operatorId, email }: Operator,
  address: string,
  kind: SessionKind,
): Promise<NewToken> {
  const token = newSession()
  const expiresMs = store.clock.now() + sessionMs[kind]
  return change(store, async (transaction) => {
    const [created] = await transaction.rows<{ id: string }>(sql`/* control.insertSession */
      insert into basalt_control.sessions (operator_id, token_hash, expires_at, idle_seconds)
      values (${operatorId}::uuid, ${hashOf(token)}, pg_catalog.to_timestamp(${expiresMs / 1000}::float8), ${idleSeconds[kind]}::int)
      returning id::text`)
    await transaction.run(
      sql`/* control.trimSessions */
        delete from basalt_control.sessions where operator_id = ${operatorId}::uuid and name is null and (
          expires_at < now() or id not in (
            select id from basalt_control.sessions where operator_id = ${operatorId}::uuid and name is null
            order by created_at desc limit ${maxSessions}::int
          ))`,
      auditRow({ name: email, address }, 'session.create', null),
    )
    return { id: created?.id ?? '', token, expiresMs }
  })
}

async function findCaller(store: ControlStore, token: string): Promise<Caller | null> {
  if (token.length > 200) return null
  const now = store.clock.now() / 1000
  const rows = await read(store, (transaction) =>
    transaction.rows<{
      id: string
      email: string
      role: OperatorRole
      session: string
      is_stale: boolean
      memberships: Record<string, OperatorRole> | null
    }>(sql`/* control.findSession */
      select operators.id::text, email, operators.role::text, sessions.id::text as session,
        last_used_at is null or last_used_at < pg_catalog.to_timestamp(${now}::float8) - ${seenEvery}::interval as is_stale,
        (select pg_catalog.jsonb_object_agg(ref, members.role) from basalt_control.members
          where operator_id = operators.id) as memberships
      from basalt_control.sessions join basalt_control.operators on operators.id = operator_id
      where token_hash = ${hashOf(token)}
        and (expires_at is null or expires_at > pg_catalog.to_timestamp(${now}::float8))
        and (idle_seconds is null
          or extract(epoch from coalesce(last_used_at, sessions.created_at)) + idle_seconds > ${now}::float8)`),
  )
  const [row] = rows
  if (row === undefined) return null
  const { id, email, role, session } = row
  if (row.is_stale) await markSeen(store, id, session, now)
  return {
    operator: { id, email, role },
    sessionId: session,
    memberships: new Map(Object.entries(row.memberships ?? {})),
  }
}

async function markSeen(
  store: ControlStore,
  operatorId: string,
  session: string,
  now: number,
): Promise<void> {
  await change(store, (transaction) =>
    transaction.run(
      sql`/* control.markSession */ update basalt_control.sessions set last_used_at = pg_catalog.to_timestamp(${now}::float8) where id = ${session}::uuid`,
      sql`/* control.markOperator */ update basalt_control.operators set last_seen_at = now() where id = ${operatorId}::uuid`,
    ),
  )
}

function createToken(
  store: ControlStore,
  email: string,
  { name, expiresMs }: { readonly name: string; readonly expiresMs: number | null },
  actor: Actor,
): Promise<NewToken> {
  const token = newToken()
  return change(store, async (transaction) => {
    const [created] = await transaction.rows<{ id: string }>(sql`/* control.insertToken */
      insert into basalt_control.sessions (operator_id, token_hash, name, expires_at)
      select id, ${hashOf(token)}, ${name}, pg_catalog.to_timestamp(${expiresMs === null ? null : expiresMs / 1000}::float8)
      from basalt_control.operators where lower(email) = ${email}
      returning id::text`)
    if (created === undefined) throw controlErrors.control_operator_not_found()
    await transaction.run(auditRow(actor, 'token.create', null, { email, name }))
    return { id: created.id, token, expiresMs }
  })
}
