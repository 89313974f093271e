/** The hook that may rewrite the claims of an access token, and what they must still be afterwards. */
import type { Transaction } from '#base/db'
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import type { AuthContext } from '#services/auth/core'
import { hookErrors } from './errors.ts'
import { findHook } from './hook-target.ts'
import { runHook } from './run-hook.ts'

/** `claims` as the hook of `[auth.hook.custom_access_token]` wants them. @throws PlatformError */
export async function customiseClaims(
  context: AuthContext,
  claims: JsonObject,
  method: string,
  transaction: Transaction | null,
): Promise<JsonObject> {
  const target = findHook(context.config, 'custom_access_token')
  if (target === null) return claims
  const input = { user_id: claims['sub'] as string, claims, authentication_method: method }
  const output = await runHook(context, 'custom_access_token', target, input, transaction)
  const custom = output?.['claims']
  if (output !== null && !('claims' in output)) throw hookErrors.hookClaimsMissing()
  const rewritten = custom ?? {}
  if (!isJsonObject(rewritten)) throw hookErrors.hookOutputInvalid()
  const problems = findClaimProblems(rewritten)
  if (problems.length > 0) throw hookErrors.hookClaimsInvalid({ problems })
  return rewritten
}

const required = 'aud exp iat sub email phone role aal session_id is_anonymous'.split(' ')
const types: Readonly<Record<string, readonly string[]>> = {
  aud: ['string', 'array'],
  exp: ['integer'],
  jti: ['string'],
  iat: ['integer'],
  iss: ['string'],
  nbf: ['integer'],
  sub: ['string'],
  email: ['string'],
  phone: ['string'],
  app_metadata: ['object'],
  user_metadata: ['object'],
  role: ['string'],
  aal: ['string'],
  amr: ['array'],
  session_id: ['string'],
  client_id: ['string'],
}

/** `{ exp: 'soon' }` → `(root): aud is required`, …, `exp: Invalid type. Expected: integer, given: string` */
function findClaimProblems(claims: JsonObject): string[] {
  const missing = required.filter((name) => !Object.hasOwn(claims, name))
  const mistyped = Object.entries(types).flatMap(([name, expected]) => {
    if (!Object.hasOwn(claims, name)) return []
    const given = typeOf(claims[name])
    if (expected.includes(given)) return []
    const wanted = expected.length > 1 ? `[${expected.join(',')}]` : expected[0]
    return [`${name}: Invalid type. Expected: ${wanted}, given: ${given}`]
  })
  return [...missing.map((name) => `(root): ${name} is required`), ...mistyped]
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}
