/** `verify_jwt`: who calls must have a token of the project, whatever its role. */
import type { HttpRequest } from '#base/http'
import type { Scope } from '#base/service'
import { isReadOnlyKey } from '#base/token'
import { functionErrors } from '#services/functions/core'

/** @throws PlatformError 401 in the words of Supabase's relay */
export function requireToken({ authentication }: Scope, { headers }: HttpRequest): void {
  if (authentication.ok && authentication.token !== null) return
  const { authorization } = headers
  if (authorization === undefined) throw functionErrors.MissingAuthorization()
  if (!/^bearer +\S+\s*$/i.test(authorization)) throw functionErrors.NotBearer()
  if (authentication.ok) throw functionErrors.InvalidJwt()
  if (authentication.failure === 'malformed')
    throw functionErrors.UnreadableJwt({ message: authentication.message })
  throw functionErrors.InvalidJwt()
}

/** What a function does nobody knows beforehand. */
export function refuseReadOnlyKey({ authentication }: Scope): void {
  if (authentication.ok && isReadOnlyKey(authentication.caller.claims))
    throw functionErrors.ReadOnlyKey()
}
