/** POST /factors and its neighbours: authenticator apps as second factors. */
import { jsonResponse } from '#http'
import type { HttpResponse } from '#http'
import type { JsonObject } from '#kernel'
import {
  audit,
  authErrors,
  begin,
  encodeBase32,
  issueInTransaction,
  isTotpCode,
  isUuid,
  newId,
  newRefreshToken,
  readParams,
  readRows,
  reportFactorAttempt,
  requireUser,
  sessionResponse,
  write,
} from '#auth/domain'
import type { AuthContext, SignedIn } from '#auth/domain'
import {
  deleteAbandonedFactors,
  deleteFactor,
  deleteLowerSessions,
  deleteOtherUnverifiedFactors,
  deleteTokensOfSession,
  findChallenge,
  findFactor,
  findSession,
  findUserById,
  insertChallenge,
  insertRefreshToken,
  insertTotpFactor,
  lowerSessionsOfFactor,
  raiseSession,
  setFactorChallenged,
  setFactorVerified,
  takeChallenge,
  upsertAmrClaim,
} from '#auth/sql'
import type { ChallengeRow, FactorRow, SessionRow, UserRow } from '#auth/sql'

const challengeMs = 300_000
const attempts = { burst: 30, windowMs: 120_000 }
const shape = { factor_type: 'text', friendly_name: 'text', issuer: 'text', phone: 'text' } as const

export async function enrollFactor(context: AuthContext): Promise<HttpResponse> {
  const signedIn = await requireUser(context)
  const { user } = signedIn
  const params = await readParams(context.request, shape)
  refuseType(context, params.factor_type)
  const before = new Date(context.nowMs - challengeMs).toISOString()
  await write(context, [deleteAbandonedFactors(user.id, before)])
  const [fresh] = await readRows<UserRow>(context, findUserById(user.id))
  refuseEnrolment(context, { ...signedIn, user: fresh ?? user }, params.friendly_name)
  const id = newId(context)
  const secret = encodeBase32(context.project.random.bytes(20))
  const factor = { id, userId: user.id, friendlyName: params.friendly_name, secret }
  await write(context, [
    insertTotpFactor(factor, context.now),
    audit(context, user, 'factor_in_progress', { factor_id: id }),
  ])
  const uri = uriOf(params.issuer || hostOf(context), user.email || user.phone || user.id, secret)
  return jsonResponse(200, {
    id,
    type: 'totp',
    friendly_name: params.friendly_name,
    totp: { qr_code: await drawQrCode(uri), secret, uri },
  })
}

function refuseType({ config }: AuthContext, type: string): void {
  if (!['totp', 'phone', 'webauthn'].includes(type)) {
    throw authErrors.invalid({ message: 'factor_type needs to be totp, phone, or webauthn' })
  }
  // these two are not there yet, whatever is configured
  if (type === 'phone') throw authErrors.phoneEnrolDisabled()
  if (type === 'webauthn') throw authErrors.webauthnEnrolDisabled()
  if (!config['auth.mfa.totp.enroll_enabled']) throw authErrors.totpEnrolDisabled()
}

function refuseEnrolment({ config }: AuthContext, { user, session }: SignedIn, name: string): void {
  const { factors } = user
  if (factors.length >= config['auth.mfa.max_enrolled_factors']) throw authErrors.tooManyFactors()
  if (factors.some((factor) => (factor['friendly_name'] ?? '') === name)) {
    throw authErrors.factorNameTaken({ name })
  }
  const isVerified = factors.some((factor) => factor['status'] === 'verified')
  if (isVerified && session?.session_aal !== 'aal2') throw authErrors.enrolNeedsAal2()
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

export async function challengeFactor(context: AuthContext): Promise<HttpResponse> {
  const { user } = await requireUser(context)
  const factor = await findOwnFactor(context, user)
  if (!context.config['auth.mfa.totp.verify_enabled']) throw authErrors.totpVerifyDisabled()
  const id = newId(context)
  await write(context, [
    insertChallenge(id, factor.id, context.ipAddress ?? '0.0.0.0', context.now),
    setFactorChallenged(factor.id),
    audit(context, user, 'challenge_created', { factor_id: factor.id }),
  ])
  const expires = Math.floor((context.nowMs + challengeMs) / 1000)
  return jsonResponse(200, { id, type: 'totp', expires_at: expires })
}

async function findOwnFactor(context: AuthContext, user: UserRow): Promise<FactorRow> {
  const id = context.pathParams['id'] ?? ''
  if (!isUuid(id)) throw authErrors.factorNotFound()
  const [factor] = await readRows<FactorRow>(context, findFactor(id, user.id))
  if (factor === undefined) throw authErrors.factorNotFound()
  return factor
}

export async function verifyFactor(context: AuthContext): Promise<HttpResponse> {
  const { user, session } = await requireUser(context)
  const factor = await findOwnFactor(context, user)
  const params = await readParams(context.request, { challenge_id: 'text', code: 'text' })
  if (!context.config['auth.mfa.totp.verify_enabled']) throw authErrors.totpVerifyDisabled()
  const sessionId = session?.session_id ?? null
  if (sessionId === null) throw authErrors.sessionGone()
  if (params.code === '') throw authErrors.invalid({ message: 'Code needs to be non-empty' })
  await checkChallenge(context, factor, params.challenge_id)
  context.attempts.take(`factor ${factor.id}`, attempts, context.nowMs)
  const isRight = isTotpCode(factor.secret ?? '', params.code, context.nowMs)
  await write(context, [
    audit(context, user, 'verification_attempted', { factor_id: factor.id, valid: isRight }),
  ])
  const attempt = { userId: user.id, factorId: factor.id, factorType: factor.factor_type }
  await reportFactorAttempt(context, { ...attempt, valid: isRight })
  if (!isRight) throw authErrors.totpCodeInvalid()
  return raise(context, user, { factorId: factor.id, challengeId: params.challenge_id, sessionId })
}

async function checkChallenge(context: AuthContext, factor: FactorRow, id: string): Promise<void> {
  const address = context.ipAddress ?? '0.0.0.0'
  const [challenge] = isUuid(id)
    ? await readRows<ChallengeRow>(context, findChallenge(id, factor.id, address))
    : []
  if (challenge === undefined) throw authErrors.challengeNotFound()
  if (challenge.is_verified || !challenge.is_same_address) throw authErrors.challengeElsewhere()
  if (context.nowMs > challenge.created_ms + challengeMs) throw authErrors.challengeExpired({ id })
}

/** The same session at the second level; refresh tokens of the first are of no use any more. */
async function raise(
  context: AuthContext,
  user: UserRow,
  ids: { readonly factorId: string; readonly challengeId: string; readonly sessionId: string },
): Promise<HttpResponse> {
  const { factorId, challengeId, sessionId } = ids
  const { now } = context
  const refreshToken = newRefreshToken(context)
  const [row, session, issued] = await begin(context, [], async (transaction) => {
    const taken = await transaction.rows(takeChallenge(challengeId, now))
    if (taken.length === 0) throw authErrors.challengeElsewhere()
    await transaction.run(
      setFactorVerified(factorId, now),
      deleteOtherUnverifiedFactors(user.id, factorId),
      raiseSession(sessionId, factorId, now),
      upsertAmrClaim(newId(context), sessionId, 'totp', now),
      deleteTokensOfSession(sessionId),
      insertRefreshToken({ token: refreshToken, parent: '', userId: user.id, sessionId }, now),
      deleteLowerSessions(user.id, sessionId),
    )
    const [found] = await transaction.rows<UserRow>(findUserById(user.id))
    const [raised] = await transaction.rows<SessionRow>(findSession(sessionId))
    const own = { user: found as UserRow, session: raised as SessionRow }
    const proof = { sessionId, amr: own.session.session_amr }
    const token = await issueInTransaction(context, transaction, own.user, proof)
    return [own.user, own.session, token] as const
  })
  const amr = session.session_amr
  return sessionResponse(context, row, { sessionId, amr, refreshToken, issued })
}

export async function unenrollFactor(context: AuthContext): Promise<HttpResponse> {
  const { user, session } = await requireUser(context)
  const factor = await findOwnFactor(context, user)
  if (factor.status === 'verified' && session?.session_aal !== 'aal2') {
    throw authErrors.unenrolNeedsAal2()
  }
  const traits: JsonObject = { factor_id: factor.id, factor_status: factor.status }
  await write(context, [
    lowerSessionsOfFactor(factor.id, context.now),
    deleteFactor(factor.id),
    audit(context, user, 'factor_unenrolled', traits),
  ])
  return jsonResponse(200, { id: factor.id })
}
