/** Which requests may be answered from the cache, and under what name. Pure. */
import type { HttpHeaders, HttpRequest } from '#base/http'
import type { Caller } from '#base/service'

/** What an answer of the data API is made from, besides the address and who asks. */
const deciding = [
  'accept',
  'accept-profile',
  'content-profile',
  'content-type',
  'prefer',
  'range',
  'range-unit',
] as const
const maxKeyLength = 8_192

/** What a request says about how fresh its answer has to be. */
export interface Wish {
  /** May be answered from the cache. */
  readonly reads: boolean
  /** Its answer may be kept. */
  readonly writes: boolean
  readonly maxAgeMs: number
}

const anything: Wish = { reads: true, writes: true, maxAgeMs: Infinity }

/** RFC 9111 section 5.2.1. */
export function wishOf({ 'cache-control': control, pragma }: HttpHeaders): Wish {
  if (control === undefined)
    return /\bno-cache\b/i.test(pragma ?? '') ? { ...anything, reads: false } : anything
  const directives = new Map<string, string>()
  for (const word of control.toLowerCase().split(',', 20)) {
    const [name = '', value = ''] = word.trim().split('=', 2)
    directives.set(name, value)
  }
  if (directives.has('no-store')) return { reads: false, writes: false, maxAgeMs: 0 }
  const seconds = Number(directives.get('max-age') ?? Infinity)
  const isFresh = directives.has('no-cache') || !(seconds > 0)
  return isFresh ? { ...anything, reads: false } : { ...anything, maxAgeMs: seconds * 1000 }
}

/** `routes` as `isNamed` of `compileRoutes`. */
export function isShareable(
  { method, headers, path, query }: HttpRequest,
  { role }: Caller,
  isNamed: (path: string) => boolean,
): boolean {
  if (method !== 'GET' || role === 'service_role' || !isNamed(path)) return false
  if (path.length + query.length > maxKeyLength) return false
  for (const name of deciding) if ((headers[name]?.length ?? 0) > 1_000) return false
  // transactions that end otherwise, and plans, are nobody else's business
  return (
    !/\btx\s*=/i.test(headers['prefer'] ?? '') && !/vnd\.pgrst\.plan/i.test(headers['accept'] ?? '')
  )
}

/** `products` is that path; `rpc/*` all below. */
export function compileRoutes(routes: readonly string[]): (path: string) => boolean {
  const paths = routes.map((route) => route.replace(/^\/?(?:rest\/v1\/)?/, '/'))
  const exact = new Set(paths.filter((path) => !path.endsWith('/*')))
  const below = paths.filter((path) => path.endsWith('/*')).map((path) => path.slice(0, -1))
  return (path) => exact.has(path) || below.some((start) => path.startsWith(start))
}

/** The same for requests that are answered the same; `also` are further headers that decide. What no header can hold stands between. */
export function targetOf({ path, query, headers }: HttpRequest, also: readonly string[]): string {
  let target = `${path}\0${query}`
  for (const name of deciding) target += `\0${headers[name] ?? '\u0001'}`
  for (const name of also) target += `\0${headers[name] ?? '\u0001'}`
  return target
}

export function keyOf(
  target: string,
  { role, claimsJson }: Caller,
  isSameForRole: boolean,
): string {
  return `${role}\0${isSameForRole ? '' : claimsJson}\0${target}`
}
