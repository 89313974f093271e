/** GET /reauthenticate: a code that proves, with a new password, that it is still the same person. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import {
  audit,
  authErrors,
  isConfirmed,
  isPhoneConfirmed,
  newId,
  renderUser,
  requireUser,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { resolveRedirect } from '#services/auth/redirect'
import {
  hashCode,
  newCode,
  refuseTooSoon,
  requireMailRoom,
  textAndWrite,
  writeAndSend,
} from '#services/auth/messages'
import { setReauthenticationToken, upsertOneTimeToken } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { accountErrors } from './errors.ts'

export async function reauthenticate(context: AuthContext): Promise<HttpResponse> {
  const { user } = await requireUser(context)
  const { config, project, now, nowMs } = context
  const email = user.email ?? ''
  if (email === '') {
    if (!user.phone) {
      throw authErrors.invalid({
        message: 'Reauthentication requires the user to have an email or a phone number',
      })
    }
    if (!isPhoneConfirmed(user)) throw accountErrors.unconfirmedPhone()
    return reauthenticateByPhone(context, user, user.phone)
  }
  if (!isConfirmed(user)) throw accountErrors.unconfirmedEmail()
  requireMailRoom(context)
  refuseTooSoon(user.reauthentication_sent_at, config['auth.email.max_frequency'], nowMs)
  const code = newCode(project.random, config['auth.email.otp_length'])
  const hash = hashCode(email, code)
  const token = { id: newId(context), userId: user.id, hash, relatesTo: email }
  const mail = {
    action: 'reauthentication',
    to: email,
    code,
    tokenHash: hash,
    redirectTo: resolveRedirect(context),
    email,
    newEmail: '',
    data: user.raw_user_meta_data ?? {},
  } as const
  const statements = [
    audit(context, user, 'user_reauthenticate_requested'),
    setReauthenticationToken(user.id, hash, now),
    upsertOneTimeToken({ ...token, type: 'reauthentication_token' }, now),
  ]
  await writeAndSend(context, user.id, statements, [mail])
  return jsonResponse(200, {})
}

async function reauthenticateByPhone(
  context: AuthContext,
  user: UserRow,
  phone: string,
): Promise<HttpResponse> {
  const { now } = context
  const outgoing = {
    userId: user.id,
    user: renderUser(user),
    phone,
    channel: 'sms',
    occasion: 'reauthentication',
    sentAt: user.reauthentication_sent_at,
  } as const
  const entry = audit(context, user, 'user_reauthenticate_requested')
  const { messageId } = await textAndWrite(context, outgoing, [entry], (code) => {
    const hash = hashCode(phone, code)
    const token = { id: newId(context), userId: user.id, hash, relatesTo: phone }
    return [
      setReauthenticationToken(user.id, hash, now),
      upsertOneTimeToken({ ...token, type: 'reauthentication_token' }, now),
    ]
  })
  return jsonResponse(200, messageId === '' ? {} : { message_id: messageId })
}
