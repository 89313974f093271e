/** How many requests a minute a user or an address has: per project, by what the request brings along. */
import { createHash } from 'node:crypto'
import type { Config } from '#base/config'
import { httpErrors } from '#base/http'
import type { HttpRequest } from '#base/http'
import { PlatformError } from '#base/kernel'
import type { Clock } from '#base/kernel'
import type { Authentication, Project } from '#base/service'
import { unmapped } from './trusted-proxies.ts'

/** Counts the requests of a key in its window of a minute. */
export interface RequestCounter {
  /** With this one. */
  count(key: string): Counted | Promise<Counted>
  close(): void
}

export interface Counted {
  readonly requests: number
  /** Until the window ends. */
  readonly resetMs: number
}

/** Where a caller stands. */
export interface Allowance {
  readonly perMinute: number
  readonly left: number
  readonly resetMs: number
}

export const windowMs = 60_000

export type CallerKind = 'anonymous' | 'authenticated' | 'api_key' | 'service_role'

interface Identity {
  readonly kind: CallerKind
  readonly id: string
}

/**
 * Counts a request. Null where there is no limit for it.
 * @throws PlatformError 429 `over_request_rate_limit`
 */
export function countRequest(
  counter: RequestCounter,
  project: Project,
  authentication: Authentication,
  request: HttpRequest,
): null | Allowance | Promise<Allowance> {
  const { config } = project
  if (!config['basalt.rate_limit.enabled']) return null
  const identity = identify(authentication, request)
  const perMinute = limitOf(config, identity)
  if (perMinute === 0) return null
  const key = `${nameOf(project)}:${identity.kind}:${identity.id}`
  const counted = counter.count(key)
  return counted instanceof Promise
    ? counted.then((late) => allow(late, perMinute))
    : allow(counted, perMinute)
}

function allow({ requests, resetMs }: Counted, perMinute: number): Allowance {
  const allowance = { perMinute, left: Math.max(0, perMinute - requests), resetMs }
  if (requests <= perMinute) return allowance
  const { code, status, message, hint } = httpErrors.over_request_rate_limit({ perMinute })
  const headers = {
    'retry-after': String(Math.max(1, Math.ceil(resetMs / 1000))),
    ...headersOf(allowance),
  }
  throw new PlatformError({ code, status, message, hint, headers })
}

/** `x-ratelimit-reset` is in seconds from now. */
export function headersOf({ perMinute, left, resetMs }: Allowance): Record<string, string> {
  return {
    'x-ratelimit-limit': String(perMinute),
    'x-ratelimit-remaining': String(left),
    'x-ratelimit-reset': String(Math.ceil(resetMs / 1000)),
  }
}

/** A call inside the process has no address: whoever embeds the platform knows its callers. */
function limitOf(config: Config, { kind, id }: Identity): number {
  return id === '' ? 0 : config[`basalt.rate_limit.${kind}`]
}

function identify(authentication: Authentication, request: HttpRequest): Identity {
  const address = addressKey(request.remoteAddress)
  if (!authentication.ok) return { kind: 'anonymous', id: address }
  const { role, claims, apiKeyId } = authentication.caller
  if (apiKeyId !== undefined) return { kind: 'api_key', id: apiKeyId }
  // one bucket of all its servers
  if (role === 'service_role') return { kind: 'service_role', id: role }
  const { sub } = claims
  if (typeof sub === 'string' && sub !== '')
    return { kind: 'authenticated', id: sub.length > 64 ? digest(sub) : sub }
  return { kind: role === 'anon' ? 'anonymous' : 'authenticated', id: address }
}

/** Of IPv6 the network: whoever has one address has 2^64. */
function addressKey(given: string): string {
  const address = unmapped(given)
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - behind.length)
  const all = [...groups, ...Array<string>(missing).fill('0'), ...behind]
  return all
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')
}

const names = new WeakMap<Project, string>()

/** Projects of one ref on one Redis, of different operators, do not count each other's. */
function nameOf(project: Project): string {
  let name = names.get(project)
  if (name === undefined) {
    name = `${project.ref}:${digest(project.keys.jwtSecret).slice(0, 8)}`
    names.set(project, name)
  }
  return name
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Windows remembered: 30 MB at most. Who is forgotten begins anew. */
const capacity = 100_000

/** In this process. Without a promise, and bounded, which rate-limiter-flexible's own store in memory is not. */
export function createMemoryCounter(clock: Clock): RequestCounter {
  const windows = new Map<string, { requests: number; readonly endsAt: number }>()
  return {
    count: (key) => {
      const now = clock.now()
      let window = windows.get(key)
      // a clock that was set back has left its end far ahead
      if (window === undefined || window.endsAt <= now || window.endsAt > now + windowMs) {
        // behind the others: the first is the oldest
        windows.delete(key)
        window = { requests: 0, endsAt: now + windowMs }
        windows.set(key, window)
        forgetOldest(windows, now)
      }
      window.requests++
      return { requests: window.requests, resetMs: window.endsAt - now }
    },
    close: () => windows.clear(),
  }
}

/** Two ended windows for each that begins, so that they go without a timer. */
function forgetOldest(windows: Map<string, { readonly endsAt: number }>, now: number): void {
  let seen = 0
  for (const [key, { endsAt }] of windows) {
    if (++seen > 2 || (endsAt > now && windows.size <= capacity)) return
    windows.delete(key)
  }
}
