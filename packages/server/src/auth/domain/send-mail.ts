/** Mail out, its failure in GoTrue's words. */
import type { AuthContext } from './auth-context.ts'
import { authErrors } from './errors.ts'
import type { AuthMail } from './mailer.ts'

const kinds: Readonly<Record<AuthMail['action'], string>> = {
  signup: 'confirmation',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magic link',
  email_change: 'email change',
  reauthentication: 'reauthentication',
}

/** @throws PlatformError 500 when the mail server does not take it; the token stays, it can be sent again */
export async function sendMail(context: AuthContext, mail: AuthMail): Promise<void> {
  try {
    await context.mailer.send(context.project, mail)
  } catch (error) {
    context.project.log.error('a mail could not be sent', {
      action: mail.action,
      reason: error instanceof Error ? error.message : String(error),
    })
    throw authErrors.mailFailed({ kind: kinds[mail.action] }, error)
  }
}
