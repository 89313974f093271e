/** The token a request or a handshake brings: keys stand for the tokens of their roles. */
import type { HttpRequest } from '#base/http'
import type { Project, Scope } from '#base/service'
import { translateKey } from '#base/token'

/** Of a handshake: `x-api-key` or `apikey` as header, or the query's `apikey`; null without one. */
export function connectionToken({ keys }: Project, request: HttpRequest): string | null {
  const { headers } = request
  const given =
    headers['x-api-key'] ??
    new URLSearchParams(request.query).get('apikey') ??
    headers['apikey'] ??
    null
  if (given === null || given === '') return null
  const { bearer, authorization } = translateKey({ authorization: null, apikey: given, keys })
  return bearer ?? authorization ?? given
}

/** Of a request: the bearer token, or the API key in its place. */
export function tokenOf(project: Project, request: HttpRequest, scope: Scope): string | null {
  const { authentication } = scope
  if (!authentication.ok) return null
  return authentication.token ?? connectionToken(project, request)
}
