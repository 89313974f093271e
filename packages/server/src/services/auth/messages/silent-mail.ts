/** Asking for a mail that nobody gets: refused as soon after the last time as if somebody did, and about as much work. */
import { createHash } from 'node:crypto'
import { readRows, write } from '#services/auth/core'
import type { AuthContext, MailAction } from '#services/auth/core'
import { refuseTooSoonMs } from './one-time-code.ts'
import { postNothing } from './send-mail.ts'
import { deleteOldSilentMails, findSilentMail, upsertSilentMail } from './statements.ts'
import type { SilentMailRow } from './statements.ts'

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
