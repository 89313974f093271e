/** POST /factors: an authenticator app, a phone or a security key as a second factor. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  audit,
  authErrors,
  newId,
  parsePhone,
  readParams,
  readRows,
  requireUser,
  write,
} from '#services/auth/core'
import type { AuthContext, Params, SignedIn } from '#services/auth/core'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { factorErrors } from './errors.ts'
import { deleteAbandonedFactors, deleteUnverifiedPhone, insertFactor } from './factor-statements.ts'
import type { NewFactor } from './factor-statements.ts'
import { challengeMs } from './find-factor.ts'
import { encodeBase32 } from './totp.ts'

const shape = { factor_type: 'text', friendly_name: 'text', issuer: 'text', phone: 'text' } as const
type EnrolParams = Params<typeof shape>

export async function enrollFactor(context: AuthContext): Promise<HttpResponse> {
  const signedIn = await requireUser(context)
  const params = await readParams(context.request, shape)
  const { config } = context
  switch (params.factor_type) {
    case 'totp':
      if (!config['auth.mfa.totp.enroll_enabled']) throw factorErrors.totpEnrolDisabled()
      return enrollApp(context, signedIn, params)
    case 'phone':
      if (!config['auth.mfa.phone.enroll_enabled']) throw factorErrors.phoneEnrolDisabled()
      return enrollPhone(context, signedIn, params)
    case 'webauthn':
      if (!config['auth.mfa.web_authn.enroll_enabled']) throw factorErrors.webauthnEnrolDisabled()
      return enrollKey(context, signedIn, params)
    default:
      throw authErrors.invalid({ message: 'factor_type needs to be totp, phone, or webauthn' })
  }
}

async function enrollApp(
  context: AuthContext,
  signedIn: SignedIn,
  { friendly_name: name, issuer }: EnrolParams,
): Promise<HttpResponse> {
  const { user } = signedIn
  await refuseEnrolment(context, signedIn, name)
  const secret = encodeBase32(context.project.random.bytes(20))
  const id = await insert(context, user, { type: 'totp', friendlyName: name, secret, phone: null })
  const uri = uriOf(issuer || hostOf(context), user.email || user.phone || user.id, secret)
  const totp = { qr_code: await drawQrCode(uri), secret, uri }
  return jsonResponse(200, { id, type: 'totp', friendly_name: name, totp })
}

async function enrollPhone(
  context: AuthContext,
  signedIn: SignedIn,
  params: EnrolParams,
): Promise<HttpResponse> {
  const { user } = signedIn
  const name = params.friendly_name
  if (params.phone === '') {
    throw authErrors.invalid({ message: 'Phone number required to enroll Phone factor' })
  }
  const phone = parsePhone(params.phone)
  const own = user.factors.filter((factor) => factor['phone'] === phone)
  if (own.some((factor) => factor['status'] === 'verified')) throw factorErrors.phoneFactorExists()
  if (own.length > 0) await write(context, [deleteUnverifiedPhone(user.id, phone)])
  await refuseEnrolment(context, signedIn, name)
  const id = await insert(context, user, { type: 'phone', friendlyName: name, secret: null, phone })
  return jsonResponse(200, { id, type: 'phone', friendly_name: name, phone: params.phone })
}

async function enrollKey(
  context: AuthContext,
  signedIn: SignedIn,
  { friendly_name: name }: EnrolParams,
): Promise<HttpResponse> {
  await refuseEnrolment(context, signedIn, name)
  const factor = { type: 'webauthn', friendlyName: name, secret: null, phone: null } as const
  const id = await insert(context, signedIn.user, factor)
  return jsonResponse(200, { id, type: 'webauthn', friendly_name: name })
}

async function insert(
  context: AuthContext,
  user: UserRow,
  factor: Omit<NewFactor, 'id' | 'userId'>,
): Promise<string> {
  const id = newId(context)
  const traits: JsonObject = { factor_id: id, factor_type: factor.type }
  await write(context, [
    insertFactor({ ...factor, id, userId: user.id }, context.now),
    audit(context, user, 'factor_in_progress', traits),
  ])
  return id
}

/** Enrolments that were given up do not count. */
async function refuseEnrolment(
  context: AuthContext,
  { user, session }: SignedIn,
  name: string,
): Promise<void> {
  const before = new Date(context.nowMs - challengeMs).toISOString()
  await write(context, [deleteAbandonedFactors(user.id, before)])
  const [fresh] = await readRows<UserRow>(context, findUserById(user.id))
  const { factors } = fresh ?? user
  if (factors.some((factor) => (factor['friendly_name'] ?? '') === name)) {
    throw factorErrors.factorNameTaken({ name })
  }
  const most = context.config['auth.mfa.max_enrolled_factors']
  if (factors.length >= most) throw factorErrors.tooManyFactors()
  const isVerified = factors.some((factor) => factor['status'] === 'verified')
  if (isVerified && session?.session_aal !== 'aal2') throw factorErrors.enrolNeedsAal2()
}

function hostOf({ config }: AuthContext): string {
  return URL.canParse(config['auth.site_url']) ? new URL(config['auth.site_url']).host : 'basalt'
}

function uriOf(issuer: string, account: string, secret: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?algorithm=SHA1&digits=6&issuer=${encodeURIComponent(issuer)}&period=30&secret=${secret}`
}

/** SVG. */
async function drawQrCode(text: string): Promise<string> {
  const { default: createCode } = await import('qrcode-generator')
  const code = createCode(0, 'M')
  code.addData(text)
  code.make()
  return code.createSvgTag({ cellSize: 4, margin: 16, scalable: true })
}
