/** GET and POST /verify: a link followed, a code typed in. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { PlatformError } from '#base/kernel'
import { constantTimeEqual } from '#base/token'
import {
  authErrors,
  isBanned,
  parsePhone,
  parseEmail,
  readParams,
  readRows,
  rfc3339,
  write,
} from '#services/auth/core'
import type { AuthContext, Params } from '#services/auth/core'
import { redirectTo, resolveRedirect, withParameters } from '#services/auth/redirect'
import { asksProvider, hashCode, planPhoneCode, smsCodeSeconds } from '#services/auth/messages'
import { issueFor, sessionResponse } from '#services/auth/session'
import { findToken, findTokenOfPhone, findUserByPhone } from '#services/auth/sql'
import type { OneTimeTokenType, TokenRow, UserRow } from '#services/auth/sql'
import { completeForFlow, completeWithSession, isOfPhone } from './complete-verification.ts'
import type { SignedInByToken } from './complete-verification.ts'
import { verificationErrors } from './errors.ts'
import { takeGuess } from '#services/auth/limits'

const changeTokens = ['email_change_token_new', 'email_change_token_current'] as const

/** Which pending tokens a `type` may answer. */
const typesOfLinks: Readonly<Record<string, readonly OneTimeTokenType[]>> = {
  signup: ['confirmation_token'],
  invite: ['confirmation_token'],
  recovery: ['recovery_token'],
  magiclink: ['recovery_token'],
  email: ['confirmation_token', 'recovery_token'],
  email_change: changeTokens,
}
const typesOfPhones: Readonly<Record<string, readonly OneTimeTokenType[]>> = {
  sms: ['confirmation_token'],
  phone_change: ['phone_change_token'],
}

const halfway = 'Confirmation link accepted. Please proceed to confirm link sent to the other email'
const pkcePrefix = 'pkce_'

const shape = {
  type: 'text',
  token: 'text',
  token_hash: 'text',
  email: 'text',
  phone: 'text',
  redirect_to: 'text',
} as const

export async function verifyCode(context: AuthContext): Promise<HttpResponse> {
  const params = await readParams(context.request, shape)
  if (params.type === '') throw invalid('Verify requires a verification type')
  const row = await findByParams(context, params)
  const done = await completeWithSession(context, row)
  if (done === null) return jsonResponse(200, { msg: halfway, code: '200' })
  return sessionResponse(context, done.user, done)
}

const invalid = (message: string) => authErrors.invalid({ message })

async function findByParams(
  context: AuthContext,
  { type, token, token_hash: hash, email, phone, redirect_to: target }: Params<typeof shape>,
): Promise<TokenRow> {
  if ((token === '') === (hash === '')) {
    throw invalid('Verify requires either a token or a token hash')
  }
  if (hash !== '') {
    if (email !== '' || phone !== '' || target !== '') {
      throw invalid('Only the token_hash and type should be provided')
    }
    return findPending(context, [hash], linkTypes(type), verificationErrors.linkInvalid())
  }
  if ((email === '') === (phone === '')) {
    throw invalid('Only an email address or phone number should be provided on verify')
  }
  const address = email === '' ? parsePhone(phone) : parseAddress(email)
  const known = email === '' ? typesOfPhones : typesOfLinks
  const types = Object.hasOwn(known, type) ? known[type] : undefined
  if (types === undefined) throw invalid('Unsupported verification type')
  const { config } = context
  const kind = types.some((name) => name.includes('change')) ? 'change' : 'sign-in'
  if (!takeGuess(context, kind, address)) throw authErrors.codeInvalid()
  if (email === '' && asksProvider(config) && !isTestNumber(config, address)) {
    return findAnswered(context, address, types[0] as OneTimeTokenType, token)
  }
  if (email === '' && type === 'sms') await plantTestCode(context, address, token)
  const expected = hashCode(address, token)
  // the code of a PKCE mail, typed in, signs in right here
  const hashes = [expected, pkcePrefix + expected]
  return findPending(context, hashes, types, authErrors.codeInvalid(), email === '')
}

function linkTypes(type: string): readonly OneTimeTokenType[] {
  const types = Object.hasOwn(typesOfLinks, type) ? typesOfLinks[type] : undefined
  if (types === undefined) throw invalid('Invalid email verification type')
  return types
}

function parseAddress(email: string): string {
  try {
    return parseEmail(email)
  } catch {
    throw verificationErrors.verifyEmailInvalid()
  }
}

/** The code of a test number is good whether or not it was asked for. */
async function plantTestCode(context: AuthContext, phone: string, code: string): Promise<void> {
  const { config, audience } = context
  if (!isTestNumber(config, phone)) return
  if (!constantTimeEqual(config['auth.sms.test_otp'][phone] ?? '', code)) return
  const [user] = await readRows<UserRow>(context, findUserByPhone(phone, audience))
  if (user !== undefined) await write(context, planPhoneCode(context, user.id, phone, code))
}

function isTestNumber(config: AuthContext['config'], phone: string): boolean {
  return Object.hasOwn(config['auth.sms.test_otp'], phone)
}

/** A code the provider sent, and only the provider knows. */
async function findAnswered(
  context: AuthContext,
  phone: string,
  type: OneTimeTokenType,
  code: string,
): Promise<TokenRow> {
  const refusal = authErrors.codeInvalid()
  const [row] = await readRows<TokenRow>(context, findTokenOfPhone(phone, type))
  if (row === undefined) throw refusal
  refuseOld(context, row, refusal)
  if (!(await context.sms.isRight(context.project, phone, code))) throw refusal
  return row
}

/** Unknown addresses, wrong codes and old ones look the same. @throws `refusal`, or PlatformError 403 for the banned */
async function findPending(
  context: AuthContext,
  hashes: readonly string[],
  types: readonly OneTimeTokenType[],
  refusal: PlatformError,
  forPhone = false,
): Promise<TokenRow> {
  const [row] = await readRows<TokenRow>(context, findToken(hashes, types))
  // a code sent to a phone confirms no email
  if (row === undefined || isOfPhone(row) !== forPhone) throw refusal
  refuseOld(context, row, refusal)
  return row
}

/** When it was sent, as the account's own column says too: whoever sets that back means it. */
function sentMsOf(row: TokenRow): number {
  const column = {
    confirmation_token: row.confirmation_sent_at,
    recovery_token: row.recovery_sent_at,
    reauthentication_token: row.reauthentication_sent_at,
    phone_change_token: row.phone_change_sent_at,
    email_change_token_new: row.email_change_sent_at,
    email_change_token_current: row.email_change_sent_at,
  }[row.token_type]
  if (column === null) return row.token_created_ms
  return Math.min(row.token_created_ms, Date.parse(rfc3339(column)))
}

function refuseOld({ config, nowMs }: AuthContext, row: TokenRow, refusal: PlatformError): void {
  const seconds = isOfPhone(row) ? smsCodeSeconds : config['auth.email.otp_expiry']
  if (isBanned(row, nowMs)) throw authErrors.bearerBanned()
  if (nowMs > sentMsOf(row) + seconds * 1000) throw refusal
}

/** Browsers are sent on whatever happens: with tokens, with a code, or with the reason. */
export async function verifyLink(context: AuthContext): Promise<HttpResponse> {
  const { query } = context
  const token = query.get('token') || query.get('token_hash') || ''
  const type = query.get('type') ?? ''
  if (token === '') throw invalid('Verify requires a token or a token hash')
  if (type === '') throw invalid('Verify requires a verification type')
  const types = linkTypes(type)
  const target = resolveRedirect(context)
  const isFlow = token.startsWith(pkcePrefix)
  try {
    const row = await findPending(context, [token], types, verificationErrors.linkInvalid())
    const location = isFlow
      ? await continueFlow(context, row, type, target)
      : await signInByLink(context, row, type, target)
    return redirectTo(303, location)
  } catch (error) {
    if (!(error instanceof PlatformError) || error.status >= 500) throw error
    return redirectTo(303, refuse(error, target, isFlow))
  }
}

async function continueFlow(
  context: AuthContext,
  row: TokenRow,
  type: string,
  target: string,
): Promise<string> {
  const code = await completeForFlow(context, row, type)
  if (code !== null) return withParameters(target, { code }, {})
  return withParameters(target, { message: halfway }, { message: halfway, sb: '' })
}

async function signInByLink(
  context: AuthContext,
  row: TokenRow,
  type: string,
  target: string,
): Promise<string> {
  const done = await completeWithSession(context, row)
  if (done === null) return withParameters(target, {}, { message: halfway, sb: '' })
  return withParameters(target, {}, await sessionMembers(context, done, type))
}

async function sessionMembers(
  context: AuthContext,
  done: SignedInByToken,
  type: string,
): Promise<Record<string, string>> {
  const { token, expiresAt } = await issueFor(context, done.user, done)
  return {
    access_token: token,
    expires_at: String(expiresAt),
    expires_in: String(context.config['auth.jwt_expiry']),
    refresh_token: done.refreshToken,
    sb: '',
    token_type: 'bearer',
    type,
  }
}

const oauthNames: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  422: 'invalid_request',
}

function refuse(error: PlatformError, target: string, isFlow: boolean): string {
  const members = {
    error: oauthNames[error.status] ?? 'invalid_request',
    error_code: error.code,
    error_description: error.message,
  }
  return withParameters(target, isFlow ? members : {}, { ...members, sb: '' })
}
