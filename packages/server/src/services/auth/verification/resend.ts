/** POST /resend: the mail of a sign-up or a change of address, once more. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import {
  audit,
  authErrors,
  isConfirmed,
  isPhoneConfirmed,
  parseCodeChallenge,
  parseEmail,
  parsePhone,
  readParams,
  readRows,
  renderUser,
} from '#services/auth/core'
import type { AuthContext, CodeChallenge, Params } from '#services/auth/core'
import { evenly } from '#services/auth/limits'
import {
  askSilently,
  planPhoneCode,
  planToken,
  postMail,
  refuseTooSoon,
  requireMailRoom,
  textAndWrite,
  writeAndSend,
} from '#services/auth/messages'
import { findUserByEmail, findUserByPhone } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { verificationErrors } from './errors.ts'
import { planEmailChange, planPhoneChange, toNewPhone } from './plan-contact-change.ts'

const shape = {
  type: 'text',
  email: 'text',
  phone: 'text',
  code_challenge: 'text',
  code_challenge_method: 'text',
} as const

const ofEmail = ['signup', 'email_change']
const ofPhone = ['sms', 'phone_change']

export function resend(context: AuthContext): Promise<HttpResponse> {
  return evenly(() => sendAgain(context))
}

async function sendAgain(context: AuthContext): Promise<HttpResponse> {
  const params = await readParams(context.request, shape)
  checkParams(context, params)
  const challenge = parseCodeChallenge(params.code_challenge, params.code_challenge_method)
  if (params.email === '') return resendText(context, params.type, params.phone)
  const email = parseEmail(params.email)
  requireMailRoom(context)
  const [user] = await readRows<UserRow>(context, findUserByEmail(email, context.audience))
  const isPending =
    params.type === 'signup'
      ? user !== undefined && !isConfirmed(user)
      : (user?.email_change ?? '') !== ''
  if (user === undefined || !isPending) await askSilently(context, 'resend', email)
  else if (params.type === 'signup') await resendSignUp(context, user, challenge)
  else await resendChange(context, user, challenge)
  return jsonResponse(200, {})
}

function checkParams({ config }: AuthContext, params: Params<typeof shape>): void {
  const { type, email, phone } = params
  const invalid = (message: string) => authErrors.invalid({ message })
  if (![...ofEmail, ...ofPhone].includes(type)) {
    throw invalid('Missing one of these types: signup, email_change, sms, phone_change')
  }
  if (email === '' && ofEmail.includes(type))
    throw invalid('Type provided requires an email address')
  if (phone === '' && ofPhone.includes(type)) throw invalid('Type provided requires a phone number')
  if (email !== '' && phone !== '') {
    throw invalid('Only an email address or phone number should be provided.')
  }
  if (email !== '' && !config['auth.email.enable_signup'])
    throw verificationErrors.recoveryDisabled()
  if (phone !== '') {
    parsePhone(phone)
    if (!config['auth.sms.enable_signup']) throw verificationErrors.phoneProviderUnsupported()
  }
}

async function resendSignUp(
  context: AuthContext,
  user: UserRow,
  challenge: CodeChallenge | null,
): Promise<void> {
  const { config, nowMs } = context
  refuseTooSoon(user.confirmation_sent_at, config['auth.email.max_frequency'], nowMs)
  const address = user.email ?? ''
  const data = user.raw_user_meta_data ?? {}
  const planned = planToken(context, 'signup', { userId: user.id, address, challenge, data })
  const entry = audit(context, user, 'user_confirmation_requested')
  await writeAndSend(context, user.id, [entry, ...planned.statements], [planned.mail], postMail)
}

async function resendChange(
  context: AuthContext,
  user: UserRow,
  challenge: CodeChallenge | null,
): Promise<void> {
  const email = user.email_change ?? ''
  const change = planEmailChange(context, user, email, challenge)
  await writeAndSend(context, user.id, change.statements, change.mails, postMail)
}

/** Who has nothing pending gets the same answer. */
async function resendText(context: AuthContext, type: string, text: string): Promise<HttpResponse> {
  const phone = parsePhone(text)
  const [user] = await readRows<UserRow>(context, findUserByPhone(phone, context.audience))
  if (user === undefined) return jsonResponse(200, {})
  const messageId =
    type === 'sms'
      ? await resendCode(context, user, phone)
      : await resendPhoneChange(context, user, user.phone_change ?? '')
  return jsonResponse(200, messageId === '' ? {} : { message_id: messageId })
}

async function resendCode(context: AuthContext, user: UserRow, phone: string): Promise<string> {
  if (isPhoneConfirmed(user)) return ''
  const outgoing = {
    userId: user.id,
    user: renderUser(user),
    phone,
    channel: 'sms',
    occasion: 'confirmation',
    sentAt: user.confirmation_sent_at,
  } as const
  const entry = audit(context, user, 'user_recovery_requested')
  const { messageId } = await textAndWrite(context, outgoing, [entry], (code) =>
    planPhoneCode(context, user.id, phone, code),
  )
  return messageId
}

async function resendPhoneChange(
  context: AuthContext,
  user: UserRow,
  phone: string,
): Promise<string> {
  if (phone === '') return ''
  const outgoing = toNewPhone(user, phone, 'sms')
  const { messageId } = await textAndWrite(context, outgoing, [], (code) =>
    planPhoneChange(context, user, phone, code),
  )
  return messageId
}
