/** The port through which auth sends mail. */
import type { Project } from '#service'

export interface AuthMail {
  /** `signup`, `email_change`, … as in GoTrue's `email_action_type`. */
  readonly action: 'signup' | 'email_change'
  readonly to: string
  /** The code to type in. */
  readonly code: string
  /** What the link carries. */
  readonly tokenHash: string
  readonly redirectTo: string
}

export interface Mailer {
  send(project: Project, mail: AuthMail): Promise<void>
}

/** Sends nothing and says so in the log, without the code: the first step until SMTP is there. */
export const silentMailer: Mailer = {
  send: (project, { action, to }) => {
    project.log.warn('mail not sent: no mail server is configured', { action, to })
    return Promise.resolve()
  },
}
