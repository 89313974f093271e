/** Mails that were asked for and not sent, because the address is not known or needs none: the frequency limit holds for them too. */
import { sql } from '#base/sql'
import type { Statement } from '#base/sql'

export interface SilentMailRow {
  /** Milliseconds since the epoch. */
  readonly asked_ms: number
}

/** `key` is a hash of what was asked for and for whom. */
export function findSilentMail(key: string): Statement {
  return sql`/* auth.findSilentMail */
    select extract(epoch from asked_at)::float8 * 1000 as asked_ms
    from basalt.silent_mails where key = ${key}`
}

export function upsertSilentMail(key: string, now: string): Statement {
  return sql`/* auth.upsertSilentMail */
    insert into basalt.silent_mails (key, asked_at) values (${key}, ${now})
    on conflict (key) do update set asked_at = excluded.asked_at`
}

/** No limit is longer than an hour. */
export function deleteOldSilentMails(now: string): Statement {
  return sql`/* auth.deleteOldSilentMails */
    delete from basalt.silent_mails where asked_at < ${now}::timestamptz - interval '1 hour'`
}
