/** Mail out: through the mailer, or through the hook that sends it in its place. Failures in GoTrue's words. */
import type { Transaction } from '#db'
import type { JsonObject } from '#kernel'
import type { Statement } from '#sql'
import { findUserById } from '#auth/sql'
import type { UserRow } from '#auth/sql'
import type { AuthContext } from './auth-context.ts'
import { begin, readRows, write } from './auth-database.ts'
import { findHook } from './hook-target.ts'
import { authUrl } from './mailer.ts'
import type { AuthMail } from './mailer.ts'
import { postMail, sendMail } from './post-mail.ts'
import { runHook } from './run-hook.ts'
import { renderUser } from './user-json.ts'

/**
 * Writes, then sends; the rows of the last statement come back. A hook that is a Postgres function runs in the same
 * transaction: what it refuses is not written. Otherwise the token stays, and can be sent again.
 */
export function writeAndSend<T>(
  context: AuthContext,
  userId: string,
  statements: readonly Statement[],
  mails: readonly AuthMail[],
): Promise<T[]> {
  return writeAnd(sendMail, context, userId, statements, mails)
}

/** The same for whoever may be a stranger: what becomes of the mail does not show (`post-mail.ts`). A hook is waited for. */
export function writeAndPost<T>(
  context: AuthContext,
  userId: string,
  statements: readonly Statement[],
  mails: readonly AuthMail[],
): Promise<T[]> {
  return writeAnd(postMail, context, userId, statements, mails)
}

type Deliver = (context: AuthContext, mail: AuthMail) => Promise<void>

async function writeAnd<T>(
  deliver: Deliver,
  context: AuthContext,
  userId: string,
  statements: readonly Statement[],
  mails: readonly AuthMail[],
): Promise<T[]> {
  if (findHook(context.config, 'send_email')?.kind !== 'function' || mails.length === 0) {
    const rows = await write<T>(context, statements)
    await deliverAll(deliver, context, userId, mails)
    return rows
  }
  return begin(context, [], async (transaction) => {
    if (statements.length > 1) await transaction.run(...statements.slice(0, -1))
    const rows = await transaction.rows<T>(statements.at(-1) as Statement)
    await deliverAll(deliver, context, userId, mails, transaction)
    return rows
  })
}

/** The mails of one occasion: a change of address has two. @throws PlatformError */
async function deliverAll(
  deliver: Deliver,
  context: AuthContext,
  userId: string,
  mails: readonly AuthMail[],
  transaction: Transaction | null = null,
): Promise<void> {
  const target = findHook(context.config, 'send_email')
  if (target === null) {
    for (const mail of mails) await deliver(context, mail)
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
