/** POST /factors/{id}/challenge: asks for a proof; a phone gets a code, a security key something to sign. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  audit,
  authErrors,
  newId,
  readOptionalParams,
  readRows,
  requireUser,
  write,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { newCode, parseChannel, refuseSmsTooSoon, textFactorCode } from '#services/auth/messages'
import type { UserRow } from '#services/auth/sql'
import { factorKeyOf } from './factor-key.ts'
import { insertChallenge, listVerifiedKeys, setFactorChallenged } from './factor-statements.ts'
import type { FactorRow } from './factor-statements.ts'
import { challengeMs, findOwnFactor, refuseDisabled } from './find-factor.ts'
import { creationOptions, relyingPartyOf, requestOptions } from './webauthn.ts'

export async function challengeFactor(context: AuthContext): Promise<HttpResponse> {
  const { user } = await requireUser(context)
  const factor = await findOwnFactor(context, user)
  refuseDisabled(context, factor)
  if (factor.factor_type === 'phone') return challengePhone(context, user, factor)
  if (factor.factor_type === 'webauthn') return challengeKey(context, user, factor)
  return remember(context, user, factor, {})
}

/** The code is sent first: one that does not leave is no challenge. */
async function challengePhone(
  context: AuthContext,
  user: UserRow,
  factor: FactorRow,
): Promise<HttpResponse> {
  const { config, project } = context
  const params = await readOptionalParams(context.request, { channel: 'text' })
  const channel = parseChannel(context, params.channel)
  refuseSmsTooSoon(context, factor.last_challenged_at, config['auth.mfa.phone.max_frequency'])
  const code = newCode(project.random, config['auth.mfa.phone.otp_length'])
  await textFactorCode(context, user, { phone: factor.phone ?? '', channel, code })
  return remember(context, user, factor, { code })
}

/** A new factor makes a key, `create`; one that is verified uses it, `request`. */
async function challengeKey(
  context: AuthContext,
  user: UserRow,
  factor: FactorRow,
): Promise<HttpResponse> {
  const party = relyingPartyOf(context.config)
  if (party.origins.length === 0) throw authErrors.unexpectedFailure()
  const challenge = Buffer.from(context.project.random.bytes(32)).toString('base64url')
  const keys = await readRows<FactorRow>(context, listVerifiedKeys(user.id))
  const known = keys.flatMap((key) => factorKeyOf(key)?.id ?? [])
  const isNew = factor.status === 'unverified'
  const name = user.email ?? ''
  const owner = { id: user.id, name, displayName: name }
  const publicKey = isNew
    ? creationOptions(party, owner, challenge, known, false)
    : requestOptions(party, challenge, known)
  const type = isNew ? 'create' : 'request'
  const ceremony = { challenge, rpId: party.id, type, userVerification: 'preferred' }
  const webauthn = { type, credential_options: { publicKey } }
  return remember(context, user, factor, { ceremony, members: { webauthn } })
}

interface Asked {
  readonly code?: string | null
  readonly ceremony?: JsonObject | null
  readonly members?: JsonObject
}

async function remember(
  context: AuthContext,
  user: UserRow,
  factor: FactorRow,
  { code = null, ceremony = null, members = {} }: Asked,
): Promise<HttpResponse> {
  const id = newId(context)
  const ipAddress = context.ipAddress ?? '0.0.0.0'
  const challenge = { id, factorId: factor.id, ipAddress, code, ceremony }
  await write(context, [
    // first, for its lock: two challenges of one factor would wait for each other the other way round
    setFactorChallenged(factor.id),
    insertChallenge(challenge, context.now),
    audit(context, user, 'challenge_created', {
      factor_id: factor.id,
      factor_status: factor.status,
    }),
  ])
  const expires = Math.floor((context.nowMs + challengeMs) / 1000)
  return jsonResponse(200, { id, type: factor.factor_type, expires_at: expires, ...members })
}
