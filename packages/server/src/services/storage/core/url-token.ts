/** The tokens of signed URLs: what may be downloaded, or uploaded, without being somebody. */
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { signToken } from '#base/token'
import { tokenWording } from './context.ts'
import type { StorageContext } from './context.ts'
import { storageErrors } from './errors.ts'

export type UrlScope = 'download' | 'upload'

export interface UrlClaims extends JsonObject {
  /** `bucket/path/of/object` */
  readonly url: string
}

/** A token for `claims`, good for `seconds` from now. */
export function signUrl(
  { project }: StorageContext,
  scope: UrlScope,
  claims: UrlClaims,
  seconds: number,
): string {
  const iat = Math.floor(project.clock.now() / 1000)
  if (!Number.isSafeInteger(iat + seconds))
    throw storageErrors.InvalidParameter({ name: 'expiresIn' })
  return signToken({ ...claims, scope, iat, exp: iat + seconds }, project.keys.jwtSecret)
}

/** The claims of a token that is good for this object and this use. */
export function verifyUrl(
  { project, bucketId, key }: StorageContext,
  scope: UrlScope,
  token: string,
): JsonObject {
  const verification = project.verifier.verify(token)
  if (!verification.ok)
    throw storageErrors.InvalidJWT({ message: tokenWording(verification.failure) })
  const { claims } = verification
  // the 30 s that clocks of others may be off are none of ours: we have signed it
  if (Number(claims['exp']) <= Math.floor(project.clock.now() / 1000))
    throw storageErrors.InvalidJWT({ message: tokenWording('expired') })
  if (scopeOf(claims) !== scope)
    throw storageErrors.InvalidSignature({ message: `Token is not scoped for ${scope}` })
  if (claims['url'] !== `${bucketId}/${key}`)
    throw storageErrors.InvalidSignature({ message: 'Invalid signature' })
  return claims
}

/** Tokens of older versions say it by what else is in them. */
function scopeOf(claims: JsonObject): unknown {
  if (!isJsonObject(claims) || claims['scope'] !== undefined) return claims['scope']
  return claims['upsert'] === undefined ? 'download' : 'upload'
}
