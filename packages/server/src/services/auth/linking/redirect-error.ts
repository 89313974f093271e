/** An error told to a browser: in the query and, for clients that look there, in the fragment. */
import { PlatformError } from '#base/kernel'
import { authErrors, OauthError } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { withParameters } from '#services/auth/redirect'

const byCode: Readonly<Record<string, string>> = {
  signup_disabled: 'access_denied',
  user_banned: 'access_denied',
  provider_email_needs_verification: 'access_denied',
}
const byStatus: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'unauthorized_client',
  403: 'access_denied',
  503: 'temporarily_unavailable',
}

export function errorMembers(context: AuthContext, error: unknown): Record<string, string> {
  if (error instanceof OauthError) return { error: error.error, error_description: error.message }
  const known =
    error instanceof PlatformError ? error : authErrors.unexpectedFailure(undefined, error)
  if (known.status >= 500) logFailure(context, known, error)
  return {
    error: byCode[known.code] ?? byStatus[known.status] ?? 'server_error',
    error_code: known.code,
    error_description: known.message,
  }
}

/** The answer is a redirect: nobody else would write it down. */
function logFailure({ project }: AuthContext, known: PlatformError, error: unknown): void {
  const cause = known.cause instanceof Error ? known.cause : error
  project.log.error(known.message, {
    code: known.code,
    reason: cause instanceof Error ? cause.message : String(cause),
  })
}

/** `https://app/cb?error=…&error_code=…&error_description=…#error=…&…&sb=` */
export function errorUrl(context: AuthContext, target: string, error: unknown): string {
  const members = errorMembers(context, error)
  return withParameters(target, members, { ...members, sb: '' })
}
