/**
 * Preflights: the function's to answer, as on hosted Supabase. Where it says nothing of origins, and for headers it has not heard
 * of, the answer is that of the Supabase CLI's gateway, which never asks functions.
 */
import { preflightResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'

export function answerPreflight(request: HttpRequest, answer: HttpResponse): HttpResponse {
  const { status, headers } = answer
  if (status >= 400 || headers['access-control-allow-origin'] === undefined)
    return preflightResponse(request)
  const allowed = namesIn(headers['access-control-allow-headers'])
  const wanted = namesIn(request.headers['access-control-request-headers'])
  const missing = wanted.filter((name) => !allowed.includes(name))
  if (missing.length === 0 || allowed.includes('*')) return answer
  const all = [...allowed, ...missing].join(', ')
  return { ...answer, headers: { ...headers, 'access-control-allow-headers': all } }
}

function namesIn(header: string | string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '')
  return text.split(',').flatMap((name) => name.trim().toLowerCase() || [])
}
