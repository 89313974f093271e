/** From API key and Authorization header to the caller of a request. */
import type { HttpRequest, HttpResponse } from '#base/http'
import { jsonResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Authentication, Caller } from '#base/service'
import { bearerOf, keyRule, refuseKey, translateKey } from '#base/token'
import type { Verification } from '#base/token'
import type { ProjectRuntime } from './project-runtime.ts'

/** The caller without a token. */
const anonymous: Caller = { role: 'anon', claims: { role: 'anon' }, claimsJson: '{"role":"anon"}' }
const anonymousAuthentication: Authentication = { ok: true, token: null, caller: anonymous }
const legacyKeyRoles: readonly unknown[] = ['anon', 'service_role']
/** Roles of verified tokens by their claims object, which the verifier's cache keeps alive. */
const callers = new WeakMap<JsonObject, Authentication>()

/** The refusal of an API key, or null when the request may pass. */
export function refuseApiKey(runtime: ProjectRuntime, request: HttpRequest): HttpResponse | null {
  if (keyRule(request.path) !== 'required') return null
  const apikey = apiKeyOf(request)
  if (apikey !== null && runtime.admittedKeys.get(apikey) === true) return null
  const { keys, verifier, config } = runtime.project
  if ((apikey === null || apikey === '') && !config['basalt.require_api_key']) return null
  const refusal = refuseKey(apikey, keys, (token) => {
    const verification = verifier.verify(token)
    return verification.ok && legacyKeyRoles.includes(verification.claims['role'])
  })
  if (refusal !== null) return jsonResponse(refusal.status, refusal.body)
  if (apikey !== null) runtime.admittedKeys.set(apikey, true)
  return null
}

/** Translates the key, verifies the token; a refusal is worded by the service. */
export function authenticate(runtime: ProjectRuntime, request: HttpRequest): Authentication {
  const authorization = request.headers['authorization'] ?? null
  const { project } = runtime
  const bearer =
    keyRule(request.path) === 'open'
      ? bearerOf(authorization ?? '')
      : translateKey({ authorization, apikey: apiKeyOf(request), keys: project.keys }).bearer
  if (bearer === null) return anonymousAuthentication
  return toAuthentication(bearer, project.verifier.verify(bearer))
}

function toAuthentication(token: string, verification: Verification): Authentication {
  if (!verification.ok) return verification
  const { claims, claimsJson } = verification
  const known = callers.get(claims)
  if (known !== undefined) return known
  const role = claims['role']
  const caller: Caller = {
    role: typeof role === 'string' && role !== '' ? role : 'anon',
    claims,
    claimsJson,
  }
  const authentication: Authentication = { ok: true, token, caller }
  callers.set(claims, authentication)
  return authentication
}

const apiKeyParameter = /(?:^|&)apikey=([^&]*)/

/** The header, or the query parameter (WebSockets and links cannot set headers). */
export function apiKeyOf(request: HttpRequest): string | null {
  const header = request.headers['apikey']
  if (header !== undefined) return header
  const parameter = request.query === '' ? null : apiKeyParameter.exec(request.query)
  if (parameter === null) return null
  try {
    return decodeURIComponent(parameter[1] as string)
  } catch {
    return null
  }
}
