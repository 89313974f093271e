/** The publication of Realtime's messages, made when somebody first listens: a dump that is restored before makes its own. */
import { changingSession } from '#base/db'
import type { Database } from '#base/db'

/** `db` as the platform's own user. It belongs to `postgres`, as on Supabase. */
export function createMessagesPublication(db: Database): Promise<void> {
  return db.begin(changingSession, (transaction) =>
    transaction.script(
      'control.createMessagesPublication',
      `create publication supabase_realtime_messages_publication for table realtime.messages;
       alter publication supabase_realtime_messages_publication owner to postgres;`,
    ),
  )
}
