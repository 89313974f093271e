/** Rows of Auth that nothing can come of any more: removed once an hour, by one node, a few thousand at a time. */
import type { Config } from '#base/config'
import { decodeRows } from '#base/db'
import type { Database, Result, Session } from '#base/db'
import type { Log } from '#base/kernel'
import { repeat } from '#base/service'
import type { Repeated } from '#base/service'
import { fragment, sql, verbatim } from '#base/sql'
import type { Fragment, Statement } from '#base/sql'

const session: Session = {
  role: 'supabase_auth_admin',
  settings: [
    ['search_path', ''],
    ['timezone', 'UTC'],
    ['request.jwt.claims', ''],
  ],
}

/** 'basa' and 'auth' */
const lockKey = [0x62617361, 0x61757468] as const
const everyMs = 3_600_000
const firstMs = 90_000
const rowsAtOnce = 2_000
const timeoutMs = 30_000
/**
 * A token that was replaced shows a theft when it comes again: behind a month nobody waits for it. No access token of a
 * session is good for as long.
 */
const restMs = 30 * 86_400_000
/** Codes of challenges are good for minutes. */
const challengeMs = 86_400_000

/** `config` is asked for at each turn. */
export function sweepAuth(db: Database, config: () => Config, log: Log): Repeated {
  const sweep = async (signal: AbortSignal): Promise<void> => {
    try {
      // elsewhere another Auth may be at work, or none
      while (!signal.aborted && config()['auth.enabled'] && (await removeSome(db, config())));
    } catch (error) {
      if (!signal.aborted)
        log.warn('old rows of Auth could not be removed', { error: String(error) })
    }
  }
  return repeat(sweep, { firstMs, everyMs })
}

/** Resolves with whether there may be more. */
export async function removeSome(db: Database, config: Config): Promise<boolean> {
  const removals = [
    removeTokens(),
    removeSessions(config),
    removeChallenges(),
    ...removeAudit(config),
  ]
  const results = await db.transaction(session, removals, {
    lane: 'write',
    leaves: 'settings',
    timeoutMs,
  })
  return results.some(
    (result: Result) => decodeRows<{ removed: number }>(result)[0]?.removed === rowsAtOnce,
  )
}

/** Nothing is removed where another node is at it. */
const isOurs = fragment`(select pg_catalog.pg_try_advisory_xact_lock(
  ${lockKey[0]}::pg_catalog.int4, ${lockKey[1]}::pg_catalog.int4))`

const ago = (ms: number): Fragment =>
  fragment`(pg_catalog.now() - ${ms}::pg_catalog.float8 * pg_catalog.make_interval(secs => 0.001))`

/** Counted in a statement of its own, as each of a transaction is. */
function removal(table: Fragment, isOld: Fragment): Fragment {
  return fragment`
    with old as (
      select aged.ctid from ${table} as aged where ${isOurs} and ${isOld} limit ${rowsAtOnce} for update skip locked
    ), gone as (
      delete from ${table} as aged using old where aged.ctid = old.ctid returning 1
    )
    select pg_catalog.count(*) as removed from gone`
}

function removeTokens(): Statement {
  const isOld = fragment`aged.revoked and aged.updated_at < ${ago(restMs)} and aged.created_at < ${ago(restMs)}`
  return sql`/* auth.removeOldTokens */ ${removal(verbatim('auth.refresh_tokens'), isOld)}`
}

/** Those that are over by their own end or the project's rules, and those that no token is left of. */
function removeSessions(config: Config): Statement {
  const timebox = config['auth.sessions.timebox'] ?? 0
  const inactivity = config['auth.sessions.inactivity_timeout'] ?? 0
  const usedBefore = (moment: Fragment): Fragment => fragment`
    (aged.created_at < ${moment} and aged.updated_at < ${moment} and not exists (
      select from auth.refresh_tokens as token where token.session_id = aged.id and token.updated_at >= ${moment}))`
  const isOld = fragment`(
    aged.not_after < ${ago(restMs)}
    or ${timebox > 0} and aged.created_at < ${ago(timebox + restMs)}
    or ${inactivity > 0} and ${usedBefore(ago(inactivity + restMs))}
    or aged.refresh_token_counter is null and ${usedBefore(ago(restMs))}
      and not exists (select from auth.refresh_tokens as token where token.session_id = aged.id))`
  return sql`/* auth.removeOldSessions */ ${removal(verbatim('auth.sessions'), isOld)}`
}

function removeChallenges(): Statement {
  const isOld = fragment`aged.created_at < ${ago(challengeMs)}`
  return sql`/* auth.removeOldChallenges */ ${removal(verbatim('auth.mfa_challenges'), isOld)}`
}

function removeAudit(config: Config): Statement[] {
  const keptMs = config['basalt.auth.audit_retention']
  if (keptMs === 0) return []
  const isOld = fragment`aged.created_at < ${ago(keptMs)}`
  return [sql`/* auth.removeOldAudit */ ${removal(verbatim('auth.audit_log_entries'), isOld)}`]
}
