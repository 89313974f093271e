/** POST /resend: the mail of a sign-up or a change of address, once more. */
import { jsonResponse } from '#http'
import type { HttpResponse } from '#http'
import {
  audit,
  authErrors,
  isConfirmed,
  parseCodeChallenge,
  parseEmail,
  parsePhone,
  readParams,
  readRows,
  refuseTooSoon,
  writeAndSend,
} from '#auth/domain'
import type { AuthContext, CodeChallenge, Params } from '#auth/domain'
import { findUserByEmail } from '#auth/sql'
import type { UserRow } from '#auth/sql'
import { planEmailChange } from './plan-contact-change.ts'
import { planToken } from './plan-token.ts'

const shape = {
  type: 'text',
  email: 'text',
  phone: 'text',
  code_challenge: 'text',
  code_challenge_method: 'text',
} as const

const ofEmail = ['signup', 'email_change']
const ofPhone = ['sms', 'phone_change']

export async function resend(context: AuthContext): Promise<HttpResponse> {
  const params = await readParams(context.request, shape)
  checkParams(context, params)
  const challenge = parseCodeChallenge(params.code_challenge, params.code_challenge_method)
  if (params.email === '') throw authErrors.noSmsProvider()
  const email = parseEmail(params.email)
  const [user] = await readRows<UserRow>(context, findUserByEmail(email, context.audience))
  if (user !== undefined && params.type === 'signup') await resendSignUp(context, user, challenge)
  if (user !== undefined && params.type === 'email_change')
    await resendChange(context, user, challenge)
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
  if (email !== '' && !config['auth.email.enable_signup']) throw authErrors.recoveryDisabled()
  if (phone !== '') {
    parsePhone(phone)
    if (!config['auth.sms.enable_signup']) throw authErrors.phoneProviderUnsupported()
  }
}

async function resendSignUp(
  context: AuthContext,
  user: UserRow,
  challenge: CodeChallenge | null,
): Promise<void> {
  if (isConfirmed(user)) return
  const { config, nowMs } = context
  refuseTooSoon(user.confirmation_sent_at, config['auth.email.max_frequency'], nowMs)
  const address = user.email ?? ''
  const data = user.raw_user_meta_data ?? {}
  const planned = planToken(context, 'signup', { userId: user.id, address, challenge, data })
  const entry = audit(context, user, 'user_confirmation_requested')
  await writeAndSend(context, user.id, [entry, ...planned.statements], [planned.mail])
}

async function resendChange(
  context: AuthContext,
  user: UserRow,
  challenge: CodeChallenge | null,
): Promise<void> {
  const email = user.email_change ?? ''
  if (email === '') return
  const change = planEmailChange(context, user, email, challenge)
  await writeAndSend(context, user.id, change.statements, change.mails)
}
