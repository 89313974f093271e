/** What the log says of a login that Postgres does not let in, once for each reason; a password that is ours is set again. */
import { isLoginRefused, refusalCode, remedyOfServer } from '#base/db'
import type { ConnectionOptions, OutageEvents } from '#base/db'
import type { Log } from '#base/kernel'

export interface WatchedLogin {
  readonly role: string
  readonly project: string
  readonly at: ConnectionOptions
  readonly log: Log
  /** Sets the password again, where it is ours; null: it is in the database's URL. */
  readonly mend: (() => Promise<unknown>) | null
}

/** Another node that has another URL by now sets it, too, and we hear of that URL meanwhile. */
const mendAfterMs = 3_000
/** Should somebody else insist on another one. */
const mendAgainAfterMs = 30_000

export function watchLogin({ role, project, at, log, mend }: WatchedLogin): OutageEvents {
  const about = { project, login: role, database: `${at.host}:${at.port}/${at.database}` }
  const told = new Set<string>()
  let since = 0
  let mendedAt = -Infinity

  function tell(code: string, reason: string): void {
    told.add(code)
    log.error('a login has no connection to the database', {
      ...about,
      reason,
      remedy: remedyOf(code, role, mend !== null),
    })
  }

  async function mendNow(work: () => Promise<unknown>): Promise<void> {
    mendedAt = performance.now()
    try {
      await work()
    } catch (error) {
      log.debug('the password of a login could not be set', { ...about, error: String(error) })
    }
  }

  return {
    onFailure: (reason) => {
      const now = performance.now()
      if (told.size === 0) since = now
      const code = refusalCode(reason)
      if (!told.has(code)) tell(code, reason.message)
      const isDue = now - since > mendAfterMs && now - mendedAt > mendAgainAfterMs
      if (mend !== null && isLoginRefused(code) && isDue) void mendNow(mend)
    },
    onEnd: () => {
      told.clear()
      const ms = Math.round(performance.now() - since)
      log.info('a login has connections to the database again', { ...about, after_ms: ms })
    },
  }
}

function remedyOf(code: string, role: string, isOurs: boolean): string | null {
  if (!isLoginRefused(code)) return remedyOfServer(code)
  return isOurs
    ? `The password of ${role} was changed, or it may not log in any more. One that Basalt has set is set again within seconds; else give the role the password of the database URL: alter role ${role} login password '…'`
    : `Put the password that ${role} has now into the database URL: basalt projects update <ref> --db-url, or basalt.db_url and a restart`
}
