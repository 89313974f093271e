/** Finds the endpoint of a method and a path, and what the path names. */
import { storageErrors } from '#services/storage/core'
import type { StorageRoute } from './routes.ts'

export interface MatchedRoute {
  readonly route: StorageRoute
  readonly bucketId: string
  readonly key: string
}

export type FindRoute = (method: string, path: string) => MatchedRoute | null

interface Candidate {
  readonly route: StorageRoute
  readonly pattern: readonly string[]
}

/** Null where there is none. The patterns are taken apart once. */
export function routeFinder(routes: readonly StorageRoute[]): FindRoute {
  const byMethod = new Map<string, Candidate[]>()
  for (const route of routes) {
    const candidates = byMethod.get(route.method) ?? []
    candidates.push({ route, pattern: route.pattern.split('/') })
    byMethod.set(route.method, candidates)
  }
  return (method, path) => {
    const segments = path.split('/')
    for (const { route, pattern } of byMethod.get(method) ?? []) {
      const named = matchPattern(pattern, segments)
      if (named !== null) return { route, ...named }
    }
    return null
  }
}

function matchPattern(
  pattern: readonly string[],
  segments: readonly string[],
): { bucketId: string; key: string } | null {
  let bucketId = ''
  for (let i = 0; i < pattern.length; i++) {
    const expected = pattern[i]
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
