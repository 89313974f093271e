/** Whom an endpoint of signed-in users admits: rules the routes name. */
import type { HttpResponse } from '#base/http'
import type { AuthContext } from './auth-context.ts'
import { authErrors } from './errors.ts'

type Endpoint = (context: AuthContext) => HttpResponse | Promise<HttpResponse>

/** The same endpoint, 403 for the token of an anonymous user: there is nothing a second factor would protect. */
export function forPermanentUsers(endpoint: Endpoint): Endpoint {
  return (context) => {
    const { authentication } = context.scope
    if (authentication.ok && authentication.caller.claims['is_anonymous'] === true) {
      throw authErrors.anonymousForbidden()
    }
    return endpoint(context)
  }
}

/**
 * The same endpoint, for tokens of OAuth clients too. All others refuse these (403): a user who let an application see an
 * address did not give it the password, the factors, the identities and the sessions.
 */
export function forClients(endpoint: Endpoint): Endpoint {
  return (context) => endpoint({ ...context, admitsClients: true })
}
