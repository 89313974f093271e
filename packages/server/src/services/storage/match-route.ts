/** Finds the endpoint of a method and a path, and what the path names. */
import { storageErrors } from '#services/storage/core'
import type { StorageRoute } from './routes.ts'

export interface MatchedRoute {
  readonly route: StorageRoute
  readonly bucketId: string
  readonly key: string
}

/** Null where there is none. */
export function matchRoute(
  routes: readonly StorageRoute[],
  method: string,
  path: string,
): MatchedRoute | null {
  const segments = path.split('/')
  for (const route of routes) {
    if (route.method !== method) continue
    const named = matchPattern(route.pattern.split('/'), segments)
    if (named !== null) return { route, ...named }
  }
  return null
}

function matchPattern(
  pattern: readonly string[],
  segments: readonly string[],
): { bucketId: string; key: string } | null {
  let bucketId = ''
  for (const [i, expected] of pattern.entries()) {
    const segment = segments[i]
    if (segment === undefined) return null
    if (expected === '*') return { bucketId, key: decode(segments.slice(i).join('/')) }
    if (expected === ':bucket' && segment !== '') bucketId = decode(segment)
    else if (expected !== segment) return null
  }
  return pattern.length === segments.length ? { bucketId, key: '' } : null
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text)
    if (!decoded.includes('\0')) return decoded
  } catch {
    // refused below
  }
  throw storageErrors.InvalidKey({ key: text.slice(0, 1024) })
}
