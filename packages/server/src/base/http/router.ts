/** Finds the handler of a method and a path. Patterns are literal segments and `:name`. */

export interface Route<H> {
  readonly method: string
  /** `/admin/users/:id` */
  readonly pattern: string
  readonly handler: H
}

export type RouteMatch<H> =
  | { readonly handler: H; readonly params: Readonly<Record<string, string>> }
  | { readonly allowed: readonly string[] }
  | null

export interface Router<H> {
  /** The handler, or the methods the path knows, or null for an unknown path. A trailing slash makes no difference. */
  match(method: string, path: string): RouteMatch<H>
}

interface Compiled<H> extends Route<H> {
  readonly segments: readonly string[]
}

/** `createRouter([{ method: 'GET', pattern: '/user/:id', handler }]).match('GET', '/user/7')` → `{ handler, params: { id: '7' } }` */
export function createRouter<H>(routes: readonly Route<H>[]): Router<H> {
  const compiled: Compiled<H>[] = routes.map((route) => ({
    ...route,
    segments: split(route.pattern),
  }))
  return {
    match(method, path) {
      const segments = split(path)
      const allowed: string[] = []
      for (const route of compiled) {
        const params = matchSegments(route.segments, segments)
        if (params === null) continue
        if (route.method === method) return { handler: route.handler, params }
        allowed.push(route.method)
      }
      return allowed.length > 0 ? { allowed } : null
    },
  }
}

function split(path: string): string[] {
  const trimmed = path.endsWith('/') ? path.slice(0, -1) : path
  return trimmed.split('/')
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | null {
  if (pattern.length !== segments.length) return null
  const params: Record<string, string> = {}
  for (const [i, expected] of pattern.entries()) {
    const segment = segments[i] as string
    if (expected.startsWith(':')) {
      const value = decode(segment)
      if (value === null || value === '') return null
      params[expected.slice(1)] = value
    } else if (expected !== segment) return null
  }
  return params
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment)
  } catch {
    return null
  }
}
