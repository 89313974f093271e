/** Mails on their way: what a request waits for, and what it does not. */
import type { AuthContext } from './auth-context.ts'
import { authErrors } from './errors.ts'
import type { AuthMail, MailAction } from './mailer.ts'
import { countSending, requireSendingAllowance } from './rate-limits.ts'

const kinds: Readonly<Record<AuthMail['action'], string>> = {
  signup: 'confirmation',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magic link',
  email_change: 'email change',
  reauthentication: 'reauthentication',
}

/**
 * Before an address is looked up: whether a mail could go out at all. The refusal is the same for everybody.
 * @throws PlatformError 429 over the hour's mails, 503 while too many wait
 */
export function requireMailRoom(context: AuthContext): void {
  requireSendingAllowance(context, 'email')
  if (!context.mailQueue.hasRoom()) throw authErrors.unavailable()
}

/**
 * For whoever may be a stranger: the answer is the same whatever becomes of the mail, which leaves behind it.
 * Only into the local inbox it goes before.
 */
export async function postMail(context: AuthContext, mail: AuthMail): Promise<void> {
  const { mailer, mailQueue, project } = context
  countSending(context, 'email')
  const { action } = mail
  const deliver = (): Promise<void> => mailer.send(project, mail)
  const isLocal = (mailer.decoyFor?.(project) ?? null) !== null
  if (isLocal) await deliver().catch((error: unknown) => report(context, action, error))
  else mailQueue.add({ action, log: project.log, deliver })
}

/** What an answer waits for that has no mail to send. */
export async function postNothing(context: AuthContext, action: MailAction): Promise<void> {
  const decoy = context.mailer.decoyFor?.(context.project)
  await decoy?.(action).catch((error: unknown) => report(context, action, error))
}

function report({ project }: AuthContext, action: MailAction, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  project.log.error('a mail could not be sent', { action, reason })
}

/**
 * For who is signed in, and for administrators: they are told when it fails.
 * @throws PlatformError 500 when the mail server does not take it; the token stays, it can be sent again
 */
export async function sendMail(context: AuthContext, mail: AuthMail): Promise<void> {
  countSending(context, 'email')
  try {
    await context.mailer.send(context.project, mail)
  } catch (error) {
    report(context, mail.action, error)
    throw authErrors.mailFailed({ kind: kinds[mail.action] }, error)
  }
}
