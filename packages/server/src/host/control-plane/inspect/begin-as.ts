/** A transaction in a session of its own, as somebody. */
import { sessionStatement } from '#base/db'
import type { DedicatedSession, Session } from '#base/db'

const limits = { maxRows: 1, maxBytes: 1024, maxRowBytes: 1024 }

export async function beginAs(session: DedicatedSession, as: Session): Promise<void> {
  await session.script('control.begin', 'begin')
  await session.firstRows(sessionStatement(as), limits)
}
