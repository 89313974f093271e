/** The mailer of a project without a mail server. */
import type { Mailer } from '#services/auth/core'

/** Sends nothing and says so in the log, without the code. */
export const silentMailer: Mailer = {
  send: (project, { action, to }) => {
    project.log.warn('mail not sent: no mail server is configured', { action, to })
    return Promise.resolve()
  },
}
