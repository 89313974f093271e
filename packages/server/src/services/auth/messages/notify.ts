/** `[auth.email.notification.*]`: mails that tell users of a change of their account. What becomes of them changes no answer. */
import type { AuthContext, AuthMail, Notice, NoticeFields } from '#services/auth/core'
import type { UserRow } from '#services/auth/sql'
import { postMail, sendMails } from './send-mail.ts'

/** After the change is written. `to` is the account's address unless that is what changed. */
export async function notify(
  context: AuthContext,
  user: Pick<UserRow, 'id' | 'email' | 'raw_user_meta_data'>,
  notice: Notice,
  fields: NoticeFields = {},
  to: string = user.email ?? '',
): Promise<void> {
  const { config, project } = context
  if (config['auth.email.notification'][notice]?.enabled !== true || to === '') return
  const mail: AuthMail = {
    action: `${notice}_notification`,
    to,
    code: '',
    tokenHash: '',
    redirectTo: config['auth.site_url'],
    email: user.email ?? '',
    newEmail: '',
    data: user.raw_user_meta_data ?? {},
    notice: fields,
  }
  try {
    await sendMails(context, user.id, [mail], postMail)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    project.log.warn('a notification could not be sent', { notice, reason })
  }
}
