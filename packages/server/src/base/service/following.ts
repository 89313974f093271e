/** A request as somebody follows it: where nobody does, there is none. */
import type { HttpHeaders } from '#base/http'

export interface StepOptions {
  /** `client`: somebody else is asked. Default `internal`. */
  readonly kind?: 'server' | 'internal' | 'client'
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

export interface Following {
  /** `work` as a step of it. */
  within<T>(name: string, work: () => Promise<T>, options?: StepOptions): Promise<T>
  /** The request's headers, with the `traceparent` of the step under way where it is traced. */
  headersOf(headers: HttpHeaders): HttpHeaders
}
