/** Who asks, or PostgREST's words for a token that does not hold. */
import { PlatformError } from '#base/kernel'
import type { HttpHeaders } from '#base/http'
import type { Authentication, Caller } from '#base/service'
import type { TokenFailure } from '#base/token'
import { responseErrors } from '#services/data-api/response'

/** What is said beside the message, for the failures that have more to say. */
const details: Partial<Record<TokenFailure, string>> = {
  key: 'None of the keys was able to decode the JWT',
  signature: 'None of the keys was able to decode the JWT',
}

/** PGRST301 for a token that cannot be verified, PGRST303 for wrong claims; both with WWW-Authenticate. */
export function requireCaller(authentication: Authentication, headers: HttpHeaders): Caller {
  if (authentication.ok) return authentication.caller
  const { failure, message } = authentication
  const more = isUnsecured(headers['authorization'])
    ? "JWT is unsecured but expected 'alg' was not 'none'"
    : (details[failure] ?? '')
  throw challenge(
    isUnreadable(failure)
      ? responseErrors.PGRST301({ message, details: more })
      : responseErrors.PGRST303({ message }),
  )
}

/** `alg: none`, which PostgREST names in so many words. */
function isUnsecured(authorization: string | undefined): boolean {
  const header = /^bearer ([\w-]+)\./i.exec(authorization ?? '')?.[1]
  if (header === undefined) return false
  return /"alg"\s*:\s*"none"/i.test(Buffer.from(header, 'base64url').toString('latin1'))
}

function isUnreadable(failure: TokenFailure): boolean {
  return ['malformed', 'algorithm', 'key', 'signature'].includes(failure)
}

function challenge(error: PlatformError): PlatformError {
  const { code, status, message, details: more } = error
  const description = JSON.stringify(message)
  return new PlatformError({
    code,
    status,
    message,
    details: more,
    headers: {
      'www-authenticate': `Bearer error="invalid_token", error_description=${description}`,
    },
  })
}
