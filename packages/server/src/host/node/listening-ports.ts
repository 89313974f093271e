/** Where a local project listens, for the other commands. */
import type { Config } from '#base/config'
import type { LocalInbox } from './local-inbox.ts'
import type { LocalStudio } from './local-studio.ts'
import type { RunState } from './run-state.ts'

export function portsOf(
  config: Config,
  isEmbedded: boolean,
  inbox: LocalInbox | null,
  studio: LocalStudio | null,
): RunState['ports'] {
  return {
    api: config['api.port'],
    admin: config['basalt.admin_port'],
    ...(isEmbedded ? { db: config['db.port'] } : {}),
    ...(inbox === null ? {} : { inbox: inbox.page.port, smtp: inbox.smtpPort }),
    ...(studio === null ? {} : { studio: studio.page.port }),
  }
}
