/** POST /factors/{id}/verify: the answer to a challenge, which raises the session to the second level. */
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { constantTimeEqual } from '#base/token'
import {
  audit,
  authErrors,
  begin,
  isUuid,
  newId,
  readParams,
  readRows,
  requireUser,
  write,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { reportFactorAttempt } from '#services/auth/hooks'
import { asksProvider, notify } from '#services/auth/messages'
import {
  clientOf,
  issueInTransaction,
  newRefreshToken,
  sessionResponse,
} from '#services/auth/session'
import {
  deleteTokensOfSession,
  findSession,
  findUserById,
  insertRefreshToken,
  upsertAmrClaim,
} from '#services/auth/sql'
import type { SessionRow, UserRow } from '#services/auth/sql'
import { checkKey } from './check-factor-key.ts'
import { factorErrors } from './errors.ts'
import {
  deleteLowerSessions,
  deleteOtherUnverifiedFactors,
  findChallenge,
  raiseSession,
  setFactorVerified,
  takeChallenge,
  useTotpStep,
} from './factor-statements.ts'
import type { ChallengeRow, FactorRow } from './factor-statements.ts'
import { challengeMs, findOwnFactor, refuseDisabled } from './find-factor.ts'
import { totpStep } from './totp.ts'

const attempts = { burst: 30, windowMs: 120_000 }
const shape = { challenge_id: 'text', code: 'text', webauthn: 'object' } as const

/** `amr` names a factor by these. */
const methods: Readonly<Record<FactorRow['factor_type'], string>> = {
  totp: 'totp',
  phone: 'mfa/phone',
  webauthn: 'mfa/webauthn',
}

export async function verifyFactor(context: AuthContext): Promise<HttpResponse> {
  const { user, session } = await requireUser(context)
  const factor = await findOwnFactor(context, user)
  const params = await readParams(context.request, shape)
  const isKey = factor.factor_type === 'webauthn'
  if (params.code === '' && !isKey) {
    throw authErrors.invalid({ message: 'Code needs to be non-empty' })
  }
  refuseDisabled(context, factor)
  const sessionId = session?.session_id ?? null
  if (sessionId === null) throw authErrors.sessionGone()
  const ids = { challengeId: params.challenge_id, sessionId }
  if (isKey) {
    const answer = await checkKey(context, factor, params.webauthn, () =>
      checkChallenge(context, factor, params.challenge_id),
    )
    return raise(context, user, factor, { ...ids, extra: answer })
  }
  const challenge = await checkChallenge(context, factor, params.challenge_id)
  context.attempts.take(`factor ${factor.id}`, attempts, context.nowMs)
  await checkCode(context, user, factor, challenge, params.code)
  return raise(context, user, factor, { ...ids, extra: [] })
}

async function checkChallenge(
  context: AuthContext,
  factor: FactorRow,
  id: string,
): Promise<ChallengeRow> {
  const address = context.ipAddress ?? '0.0.0.0'
  const [challenge] = isUuid(id)
    ? await readRows<ChallengeRow>(context, findChallenge(id, factor.id, address))
    : []
  if (challenge === undefined) throw factorErrors.challengeNotFound()
  if (challenge.is_verified || !challenge.is_same_address) throw factorErrors.challengeElsewhere()
  if (context.nowMs > challenge.created_ms + challengeMs)
    throw factorErrors.challengeExpired({ id })
  return challenge
}

async function checkCode(
  context: AuthContext,
  user: UserRow,
  factor: FactorRow,
  challenge: ChallengeRow,
  code: string,
): Promise<void> {
  const isPhone = factor.factor_type === 'phone'
  const valid = isPhone
    ? await isPhoneCode(context, factor, challenge, code)
    : await isFreshCode(context, factor, code)
  const traits: JsonObject = { factor_id: factor.id, factor_type: factor.factor_type, valid }
  await write(context, [audit(context, user, 'verification_attempted', traits)])
  const attempt = { userId: user.id, factorId: factor.id, factorType: factor.factor_type }
  await reportFactorAttempt(context, { ...attempt, valid })
  if (!valid) throw isPhone ? factorErrors.phoneCodeInvalid() : factorErrors.totpCodeInvalid()
}

/** Right, and not used before: whoever looks over a shoulder has 90 seconds otherwise (RFC 6238 section 5.2). */
async function isFreshCode(
  context: AuthContext,
  factor: FactorRow,
  code: string,
): Promise<boolean> {
  const step = totpStep(factor.secret ?? '', code, context.nowMs)
  if (step === null) return false
  return (await write(context, [useTotpStep(factor.id, step)])).length > 0
}

/** Twilio Verify sent a code of its own. @throws PlatformError 403 when that one is wrong */
async function isPhoneCode(
  context: AuthContext,
  factor: FactorRow,
  challenge: ChallengeRow,
  code: string,
): Promise<boolean> {
  if (asksProvider(context.config)) {
    const isRight = await context.sms.isRight(context.project, factor.phone ?? '', code)
    if (!isRight) throw authErrors.codeInvalid()
    return true
  }
  const expected = challenge.otp_code ?? ''
  return expected !== '' && constantTimeEqual(code, expected)
}

/** The same session at the second level; refresh tokens of the first are of no use any more. */
async function raise(
  context: AuthContext,
  user: UserRow,
  { id: factorId, factor_type: type, status }: FactorRow,
  more: {
    readonly challengeId: string
    readonly sessionId: string
    readonly extra: readonly Statement[]
  },
): Promise<HttpResponse> {
  const { challengeId, sessionId, extra } = more
  const { now } = context
  const refreshToken = newRefreshToken(context)
  const raised = await begin(context, [], async (transaction) => {
    const taken = await transaction.rows(takeChallenge(challengeId, now))
    if (taken.length === 0) throw factorErrors.challengeElsewhere()
    await transaction.run(
      ...extra,
      setFactorVerified(factorId, now),
      deleteOtherUnverifiedFactors(user.id, factorId),
      raiseSession(sessionId, factorId, now),
      upsertAmrClaim(newId(context), sessionId, methods[type], now),
      deleteTokensOfSession(sessionId),
      insertRefreshToken({ token: refreshToken, parent: '', userId: user.id, sessionId }, now),
      deleteLowerSessions(user.id, sessionId),
    )
    const [found] = await transaction.rows<UserRow>(findUserById(user.id))
    const [row] = await transaction.rows<SessionRow>(findSession(sessionId))
    const session = row as SessionRow
    const proof = { sessionId, amr: session.session_amr, client: clientOf(session) }
    const issued = await issueInTransaction(context, transaction, found as UserRow, proof)
    return { user: found as UserRow, grant: { ...proof, refreshToken, issued } }
  })
  if (status === 'unverified')
    await notify(context, user, 'mfa_factor_enrolled', { factorType: type })
  return sessionResponse(context, raised.user, raised.grant)
}
