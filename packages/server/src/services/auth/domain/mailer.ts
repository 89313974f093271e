/** The port through which auth sends mail. */
import type { JsonObject } from '#base/kernel'
import type { Project } from '#base/service'

/** GoTrue's `email_action_type`, and the `type` of the link. */
export type MailAction =
  | 'signup'
  | 'invite'
  | 'recovery'
  | 'magiclink'
  | 'email_change'
  | 'reauthentication'
  | `${Notice}_notification`

/** What users are told of, as config.toml names it. */
export type Notice =
  | 'password_changed'
  | 'email_changed'
  | 'phone_changed'
  | 'identity_linked'
  | 'identity_unlinked'
  | 'mfa_factor_enrolled'
  | 'mfa_factor_unenrolled'

export interface NoticeFields {
  readonly oldEmail?: string
  readonly phone?: string
  readonly oldPhone?: string
  readonly provider?: string
  readonly factorType?: string
}

export interface AuthMail {
  readonly action: MailAction
  readonly to: string
  /** The code to type in. */
  readonly code: string
  /** What the link carries. */
  readonly tokenHash: string
  readonly redirectTo: string
  /** The account's own address, its metadata, and the address it will have. */
  readonly email: string
  readonly newEmail: string
  readonly data: JsonObject
  /** Of notifications. */
  readonly notice?: NoticeFields
}

export interface Mailer {
  send(project: Project, mail: AuthMail): Promise<void>
  /**
   * Where mail stays on this machine (the local inbox) answers wait for it, so that tests find it at once; then this is
   * what they wait for when there is none to send: the same work, and no mail. Null where mail leaves behind the answer.
   */
  readonly decoyFor?: (project: Project) => ((action: MailAction) => Promise<void>) | null
  /** Called when no mail is to be sent any more. */
  readonly close?: () => void
}

/** Sends nothing and says so in the log, without the code. */
export const silentMailer: Mailer = {
  send: (project, { action, to }) => {
    project.log.warn('mail not sent: no mail server is configured', { action, to })
    return Promise.resolve()
  },
}

/** Where clients reach auth, without a trailing slash. */
export function authUrl({ config, externalUrl }: Project): string {
  return config['auth.external_url'] ?? `${externalUrl}/auth/v1`
}

/** Where a mail's link leads: `<url of auth>/verify?token=…&type=…&redirect_to=…` */
export function confirmationUrl(
  project: Project,
  { action, tokenHash, redirectTo }: Pick<AuthMail, 'action' | 'tokenHash' | 'redirectTo'>,
): string {
  const base = authUrl(project)
  const target = /[&=#]/.test(redirectTo) ? encodeURIComponent(redirectTo) : redirectTo
  return `${base}/verify?token=${tokenHash}&type=${action}&redirect_to=${target}`
}
