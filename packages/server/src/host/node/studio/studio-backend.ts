/** What stands behind Studio's page: the one project of `basalt start`, or a fleet with its operators. */
import type { HttpRequest, HttpResponse } from '#base/http'

export interface StudioOperator {
  readonly email: string
  readonly role: string
}

export interface SignedIn {
  /** Told the browser as a cookie alone. */
  readonly token: string
  readonly operator: StudioOperator
}

export interface StudioBackend {
  readonly shape: 'start' | 'serve'
  /** Of the one project; null in a fleet. */
  readonly ref: string | null
  readonly signIn: 'none' | 'key' | 'operator'
  /** Where the projects' APIs are, for the page's policy: `http://127.0.0.1:54321`, `https://*.example.com`. */
  readonly apiOrigins: readonly string[]
  /** Null for nobody. */
  find(token: string | null): Promise<StudioOperator | null>
  /** @throws PlatformError */
  enter(body: unknown, address: string): Promise<SignedIn>
  leave(token: string): Promise<void>
  /** A request to `/admin/v1` of who is signed in. */
  handle(token: string | null, request: HttpRequest): Promise<HttpResponse>
}
