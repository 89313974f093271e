/** What anonymous users may not do: they have nothing a second factor would protect. */
import type { HttpResponse } from '#base/http'
import type { AuthContext } from './auth-context.ts'
import { authErrors } from './errors.ts'

type Endpoint = (context: AuthContext) => HttpResponse | Promise<HttpResponse>

/** The same endpoint, 403 for the token of an anonymous user. */
export function forPermanentUsers(endpoint: Endpoint): Endpoint {
  return (context) => {
    const { authentication } = context.scope
    if (authentication.ok && authentication.caller.claims['is_anonymous'] === true) {
      throw authErrors.anonymousForbidden()
    }
    return endpoint(context)
  }
}
