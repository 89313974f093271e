/** Mail out: through the mailer, or through the hook that sends it in its place. Failures in GoTrue's words. */
import type { Transaction } from '#base/db'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { authErrors, authUrl, begin, readRows, renderUser, write } from '#services/auth/core'
import type { AuthContext, AuthMail, MailAction } from '#services/auth/core'
import { findHook, runHook } from '#services/auth/hooks'
import { countSending, requireSendingAllowance } from '#services/auth/limits'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { messageErrors } from './errors.ts'

const kinds: Partial<Readonly<Record<MailAction, string>>> = {
  signup: 'confirmation',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magic link',
  email_change: 'email change',
  reauthentication: 'reauthentication',
}

/**
 * Writes, then sends; the rows of the last statement come back. A hook that is a Postgres function runs in the same
 * transaction: what it refuses is not written. Otherwise the token stays, and can be sent again. `send` is how mail
 * leaves that no hook sends: `postMail` for whoever may be a stranger.
 */
export async function writeAndSend<T>(
  context: AuthContext,
  userId: string,
  statements: readonly Statement[],
  mails: readonly AuthMail[],
  send: (context: AuthContext, mail: AuthMail) => Promise<void> = sendMail,
): Promise<T[]> {
  if (findHook(context.config, 'send_email')?.kind !== 'function' || mails.length === 0) {
    const rows = await write<T>(context, statements)
    await sendMails(context, userId, mails, send)
    return rows
  }
  return begin(context, [], async (transaction) => {
    if (statements.length > 1) await transaction.run(...statements.slice(0, -1))
    const rows = await transaction.rows<T>(statements.at(-1) as Statement)
    await sendMails(context, userId, mails, send, transaction)
    return rows
  })
}

/** The mails of one occasion: a change of address has two. @throws PlatformError */
export async function sendMails(
  context: AuthContext,
  userId: string,
  mails: readonly AuthMail[],
  send: (context: AuthContext, mail: AuthMail) => Promise<void> = sendMail,
  transaction: Transaction | null = null,
): Promise<void> {
  const target = findHook(context.config, 'send_email')
  if (target === null) {
    for (const mail of mails) await send(context, mail)
    return
  }
  if (mails.length === 0) return
  countSending(context, 'email')
  const found = findUserById(userId)
  const [user] = await (transaction?.rows<UserRow>(found) ?? readRows<UserRow>(context, found))
  const input = { user: renderUser(user as UserRow), email_data: emailData(context, mails) }
  await runHook(context, 'send_email', target, input, transaction)
}

/** With two mails, the hash beside a token is that of the other one: GoTrue crosses them, and hooks count on it. */
function emailData(context: AuthContext, mails: readonly AuthMail[]): JsonObject {
  const [first, toCurrent] = mails as [AuthMail, AuthMail | undefined]
  return {
    token: toCurrent?.code ?? first.code,
    token_hash: first.tokenHash,
    redirect_to: first.redirectTo,
    email_action_type: first.action,
    site_url: authUrl(context.project),
    token_new: toCurrent === undefined ? '' : first.code,
    token_hash_new: toCurrent?.tokenHash ?? '',
    old_email: first.notice?.oldEmail ?? '',
    old_phone: first.notice?.oldPhone ?? '',
    provider: first.notice?.provider ?? '',
    factor_type: first.notice?.factorType ?? '',
  }
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
  if (findHook(context.config, 'send_email') !== null) return
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
    throw messageErrors.mailFailed({ kind: kinds[mail.action] ?? mail.action }, error)
  }
}
