/** POST /otp, /magiclink and /recover: a code or a link by mail. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import {
  audit,
  authErrors,
  isConfirmed,
  parseCodeChallenge,
  parseEmail,
  readParams,
  readRows,
} from '#services/auth/core'
import type { AuditAction, AuthContext, CodeChallenge } from '#services/auth/core'
import { afterUserCreated } from '#services/auth/hooks'
import { evenly } from '#services/auth/limits'
import {
  askSilently,
  planToken,
  postMail,
  refuseTooSoon,
  requireMailRoom,
  writeAndSend,
} from '#services/auth/messages'
import { nobodysHash } from '#services/auth/password'
import { planNewUser } from '#services/auth/sign-up'
import type { Actor } from '#services/auth/sign-up'
import { confirmUser, findUserByEmail, findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { verificationErrors } from './errors.ts'
import { requestPhoneCode } from './request-phone-code.ts'

const shape = {
  email: 'text',
  phone: 'text',
  channel: 'text',
  create_user: 'boolean',
  data: 'object',
  code_challenge: 'text',
  code_challenge_method: 'text',
} as const

const invalid = (message: string) => authErrors.invalid({ message })

export function requestOtp(context: AuthContext): Promise<HttpResponse> {
  return evenly(() => sendOtp(context))
}

async function sendOtp(context: AuthContext): Promise<HttpResponse> {
  const params = await readParams(context.request, shape)
  const { email, phone, channel } = params
  if (email !== '' && phone !== '') {
    throw invalid('Only an email address or phone number should be provided')
  }
  if (email !== '' && channel !== '') {
    throw invalid('Channel should only be specified with Phone OTP')
  }
  const wish = { data: params.data ?? {}, mayCreate: params.create_user !== false }
  if (email !== '') {
    const challenge = parseCodeChallenge(params.code_challenge, params.code_challenge_method)
    await sendMagicLink(context, email, { ...wish, challenge })
  } else if (phone === '') throw invalid('One of email or phone must be set')
  else return requestPhoneCode(context, phone, { ...wish, channel })
  return jsonResponse(200, {})
}

export function requestMagicLink(context: AuthContext): Promise<HttpResponse> {
  return evenly(() => sendLink(context))
}

async function sendLink(context: AuthContext): Promise<HttpResponse> {
  const params = await readParams(context.request, shape)
  if (params.email === '') throw verificationErrors.magicLinkWithoutEmail()
  const challenge = parseCodeChallenge(params.code_challenge, params.code_challenge_method)
  const wish = { data: params.data ?? {}, mayCreate: true, challenge }
  await sendMagicLink(context, params.email, wish)
  return jsonResponse(200, {})
}

export function recoverPassword(context: AuthContext): Promise<HttpResponse> {
  return evenly(() => sendRecovery(context))
}

async function sendRecovery(context: AuthContext): Promise<HttpResponse> {
  const params = await readParams(context.request, shape)
  if (params.email === '') throw invalid('Password recovery requires an email')
  const challenge = parseCodeChallenge(params.code_challenge, params.code_challenge_method)
  const email = parseEmail(params.email)
  if (!context.config['auth.email.enable_signup']) throw verificationErrors.recoveryDisabled()
  requireMailRoom(context)
  const [user] = await readRows<UserRow>(context, findUserByEmail(email, context.audience))
  if (user === undefined) await askSilently(context, 'recovery', email)
  else {
    refuseRecent(context, user.recovery_sent_at)
    await send(context, 'recovery', { user, address: email, challenge }, [])
  }
  return jsonResponse(200, {})
}

interface Wish {
  readonly data: JsonObject
  readonly mayCreate: boolean
}

function refuseRecent({ config, nowMs }: AuthContext, sentAt: string | null): void {
  refuseTooSoon(sentAt, config['auth.email.max_frequency'], nowMs)
}

/** A new or unconfirmed user is asked to confirm, a confirmed one gets a link to sign in with. */
async function sendMagicLink(
  context: AuthContext,
  text: string,
  { data, mayCreate, challenge }: Wish & { readonly challenge: CodeChallenge | null },
): Promise<void> {
  const { config } = context
  const address = parseEmail(text)
  if (!config['auth.email.enable_signup']) throw authErrors.emailLoginDisabled()
  requireMailRoom(context)
  const [user] = await readRows<UserRow>(context, findUserByEmail(address, context.audience))
  if (user === undefined) {
    if (!mayCreate) throw verificationErrors.otpSignupDisabled()
    if (!config['auth.enable_signup']) throw authErrors.signupDisabled()
    const account = { provider: 'email', address, data, passwordHash: nobodysHash } as const
    const { actor, statements } = await planNewUser(context, account)
    if (config['auth.email.enable_confirmations']) {
      return send(context, 'signup', { user: actor, address, challenge }, statements)
    }
    const confirmed = [...statements, confirmUser(actor.id, 'email', context.now)]
    return send(context, 'magiclink', { user: actor, address, challenge }, confirmed)
  }
  const isNew = !isConfirmed(user) && config['auth.email.enable_confirmations']
  refuseRecent(context, isNew ? user.confirmation_sent_at : user.recovery_sent_at)
  return send(context, isNew ? 'signup' : 'magiclink', { user, address, challenge }, [])
}

const auditActions: Readonly<Record<string, AuditAction>> = {
  signup: 'user_confirmation_requested',
  magiclink: 'user_recovery_requested',
  recovery: 'user_recovery_requested',
}

async function send(
  context: AuthContext,
  action: 'signup' | 'magiclink' | 'recovery',
  to: {
    readonly user: Actor
    readonly address: string
    readonly challenge: CodeChallenge | null
  },
  statements: readonly Statement[],
): Promise<void> {
  const { user, address, challenge } = to
  const data = user.raw_user_meta_data ?? {}
  const planned = planToken(context, action, { userId: user.id, address, challenge, data })
  const entry = audit(context, user, auditActions[action] as AuditAction)
  const all = [...statements, entry, ...planned.statements, findUserById(user.id)]
  const [row] = await writeAndSend<UserRow>(context, user.id, all, [planned.mail], postMail)
  if (statements.length > 0) await afterUserCreated(context, row as UserRow)
}
