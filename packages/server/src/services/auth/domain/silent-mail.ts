/** Asking for a mail that nobody gets: refused as soon after the last time as if somebody did, and about as much work. */
import { createHash } from 'node:crypto'
import { deleteOldSilentMails, findSilentMail, upsertSilentMail } from '#services/auth/sql'
import type { SilentMailRow } from '#services/auth/sql'
import type { AuthContext } from './auth-context.ts'
import { readRows, write } from './auth-database.ts'
import type { MailAction } from './mailer.ts'
import { refuseTooSoonMs } from './one-time-code.ts'
import { postNothing } from './send-mail.ts'

/** @throws PlatformError 429 within `auth.email.max_frequency` of the last time */
export async function askSilently(
  context: AuthContext,
  kind: MailAction | 'resend',
  address: string,
): Promise<void> {
  const { audience, config, now, nowMs } = context
  const key = createHash('sha256').update(`${kind} ${audience} ${address}`).digest('hex')
  const [last] = await readRows<SilentMailRow>(context, findSilentMail(key))
  if (last !== undefined) refuseTooSoonMs(last.asked_ms, config['auth.email.max_frequency'], nowMs)
  await write(context, [upsertSilentMail(key, now), deleteOldSilentMails(now)])
  await postNothing(context, kind === 'resend' ? 'signup' : kind)
}
