/** What a passkey is asked to sign, from the options it is given to the answer it sends back. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { authErrors, isUuid, newId, readParams, readRows, write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { factorErrors } from './errors.ts'
import { insertCeremony, listPasskeys, takeCeremony } from './passkey-statements.ts'
import type { CeremonyRow, NewCeremony, PasskeyRow } from './passkey-statements.ts'
import { ceremonyMs } from './webauthn.ts'

export type CeremonyType = NewCeremony['type']

export function requirePasskeys({ config }: AuthContext): void {
  if (!config['auth.passkey.enabled']) throw factorErrors.passkeysDisabled()
}

export function newChallenge({ project }: AuthContext): string {
  return Buffer.from(project.random.bytes(32)).toString('base64url')
}

/** 200 with `{ challenge_id, options, expires_at }`; the challenge of `options` is remembered. */
export async function beginCeremony(
  context: AuthContext,
  type: CeremonyType,
  userId: string | null,
  options: JsonObject,
): Promise<HttpResponse> {
  const id = newId(context)
  const expiresMs = context.nowMs + ceremonyMs
  const expiresAt = new Date(expiresMs).toISOString()
  const data = { challenge: options['challenge'] ?? '', type }
  await write(context, [insertCeremony({ id, userId, type, data, expiresAt }, context.now)])
  return jsonResponse(200, {
    challenge_id: id,
    options,
    expires_at: Math.floor(expiresMs / 1000),
  })
}

export interface Answer {
  readonly challenge: string
  readonly credential: JsonObject
}

const shape = { challenge_id: 'text', credential: 'object' } as const

/** `{ challenge_id, credential }` of the body. The challenge is gone, whatever comes of it. @throws PlatformError 400 */
export async function readCeremony(
  context: AuthContext,
  type: CeremonyType,
  userId: string | null,
): Promise<Answer> {
  const { challenge_id: id, credential } = await readParams(context.request, shape)
  const invalid = (message: string) => authErrors.invalid({ message })
  if (id === '') throw invalid('challenge_id is required')
  if (credential === null) throw invalid('credential is required')
  if (!isUuid(id)) throw invalid('challenge_id must be a valid UUID')
  const [row] = await write<CeremonyRow>(context, [takeCeremony(id, type, userId)])
  if (row === undefined) throw factorErrors.ceremonyNotFound()
  if (context.nowMs > row.expires_ms) throw factorErrors.ceremonyExpired()
  const challenge = isJsonObject(row.session_data) ? row.session_data['challenge'] : null
  if (typeof challenge !== 'string') throw factorErrors.ceremonyNotFound()
  return { challenge, credential }
}

export function findPasskeys(context: AuthContext, userId: string): Promise<PasskeyRow[]> {
  return readRows<PasskeyRow>(context, listPasskeys(userId))
}

/** base64url, as browsers know it. */
export function credentialIdOf({ credential_id: hex }: PasskeyRow): string {
  return Buffer.from(hex, 'hex').toString('base64url')
}
