/** Keys of the project's own customers among what a request brings: one of them, and nobody else beside it. */
import type { HttpRequest, HttpResponse } from '#base/http'
import type { PlatformError } from '#base/kernel'
import type { Authentication } from '#base/service'
import { bearerOf, isCustomerKey, keyRule } from '#base/token'
import { apiKeyOf } from './authenticate.ts'
import type { ProjectRuntime } from './project-runtime.ts'

export interface CustomerAdmission {
  readonly authentication: Authentication
  /** What the request is to be answered with instead. */
  readonly refusal: PlatformError | null
  /** Called once the answer is there: it gets the headers of the key's limits, and the use is counted. */
  answered(request: HttpRequest, response: HttpResponse): void
}

/** Port: who keeps the keys (`services/api-keys`). */
export interface CustomerKeys {
  /** Without it there are no such keys. */
  readonly isOpen: boolean
  admit(key: string, request: HttpRequest): CustomerAdmission | Promise<CustomerAdmission>
  /** More than one identity. */
  refuseConflict(): CustomerAdmission
}

/** Null for a request without such a key. */
export function admitCustomer(
  runtime: ProjectRuntime,
  request: HttpRequest,
): CustomerAdmission | Promise<CustomerAdmission> | null {
  const { customerKeys } = runtime
  if (customerKeys === null || !customerKeys.isOpen) return null
  const key = request.headers['x-api-key'] ?? null
  const apikey = apiKeyOf(request)
  const bearer = bearerOf(request.headers['authorization'] ?? '')
  const found = customerKeyIn(key) ?? customerKeyIn(apikey) ?? customerKeyIn(bearer)
  if (found === null || keyRule(request.path) === 'open') return null
  const isAlone =
    goesBeside(runtime, key, found) &&
    goesBeside(runtime, apikey, found) &&
    goesBeside(runtime, bearer, found)
  return isAlone ? customerKeys.admit(found, request) : customerKeys.refuseConflict()
}

function customerKeyIn(text: string | null): string | null {
  return text !== null && isCustomerKey(text) ? text : null
}

function goesBeside(runtime: ProjectRuntime, text: string | null, found: string): boolean {
  return text === null || text === found || isPublic(runtime, text)
}

/** The project's own key that every page has: nobody's identity. */
function isPublic({ project }: ProjectRuntime, text: string): boolean {
  // no secrets: to compare them may take whatever time it takes
  const { anonKey, publishableKey } = project.keys
  if (text === publishableKey || text === anonKey) return true
  const verification = project.verifier.verify(text)
  return verification.ok && verification.claims['role'] === 'anon'
}

/** Answers once it is known whose key it is: mostly it is. */
export function asCustomer(
  trace: { customer: CustomerAdmission | null },
  found: CustomerAdmission | Promise<CustomerAdmission>,
  answer: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  if (found instanceof Promise) return found.then((known) => asCustomer(trace, known, answer))
  trace.customer = found
  return answer()
}
