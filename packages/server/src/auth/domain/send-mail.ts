/** Mail out: through the mailer, or through the hook that sends it in its place. Failures in GoTrue's words. */
import type { Transaction } from '#db'
import type { JsonObject } from '#kernel'
import type { Statement } from '#sql'
import { findUserById } from '#auth/sql'
import type { UserRow } from '#auth/sql'
import type { AuthContext } from './auth-context.ts'
import { begin, readRows, write } from './auth-database.ts'
import { authErrors } from './errors.ts'
import { findHook } from './hook-target.ts'
import { authUrl } from './mailer.ts'
import type { AuthMail } from './mailer.ts'
import { runHook } from './run-hook.ts'
import { renderUser } from './user-json.ts'

const kinds: Readonly<Record<AuthMail['action'], string>> = {
  signup: 'confirmation',
  invite: 'invite',
  recovery: 'recovery',
  magiclink: 'magic link',
  email_change: 'email change',
  reauthentication: 'reauthentication',
}

/**
 * Writes, then sends; the rows of the last statement come back. A hook that is a Postgres function runs in the same
 * transaction: what it refuses is not written. Otherwise the token stays, and can be sent again.
 */
export async function writeAndSend<T>(
  context: AuthContext,
  userId: string,
  statements: readonly Statement[],
  mails: readonly AuthMail[],
): Promise<T[]> {
  if (findHook(context.config, 'send_email')?.kind !== 'function' || mails.length === 0) {
    const rows = await write<T>(context, statements)
    await sendMails(context, userId, mails)
    return rows
  }
  return begin(context, [], async (transaction) => {
    if (statements.length > 1) await transaction.run(...statements.slice(0, -1))
    const rows = await transaction.rows<T>(statements.at(-1) as Statement)
    await sendMails(context, userId, mails, transaction)
    return rows
  })
}

/** The mails of one occasion: a change of address has two. @throws PlatformError */
async function sendMails(
  context: AuthContext,
  userId: string,
  mails: readonly AuthMail[],
  transaction: Transaction | null = null,
): Promise<void> {
  const target = findHook(context.config, 'send_email')
  if (target === null) {
    for (const mail of mails) await sendMail(context, mail)
    return
  }
  if (mails.length === 0) return
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
    old_email: '',
    old_phone: '',
    provider: '',
    factor_type: '',
  }
}

/** @throws PlatformError 500 when the mail server does not take it */
async function sendMail(context: AuthContext, mail: AuthMail): Promise<void> {
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
