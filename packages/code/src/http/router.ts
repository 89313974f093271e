/** Which route a path leads to; those without parameters by a look-up, the others in turn. */
import { CodeError } from '#core'
import type { Route } from './route.ts'

interface Entry<Context> {
  readonly segments: readonly string[]
  readonly routes: Map<string, Route<Context>>
}

export interface Found<Context> {
  readonly route: Route<Context>
  readonly path: Record<string, string>
}

export class Router<Context> {
  readonly #fixed = new Map<string, Map<string, Route<Context>>>()
  readonly #entries: Entry<Context>[] = []

  constructor(routes: readonly Route<Context>[]) {
    for (const route of routes) this.#add(route)
  }

  #add(route: Route<Context>): void {
    if (!route.path.includes(':')) {
      const known = this.#fixed.get(route.path) ?? new Map<string, Route<Context>>()
      this.#fixed.set(route.path, known.set(route.method, route))
      return
    }
    const same = this.#entries.find(({ segments }) => segments.join('/') === route.path)
    if (same !== undefined) same.routes.set(route.method, route)
    else
      this.#entries.push({
        segments: route.path.split('/'),
        routes: new Map([[route.method, route]]),
      })
  }

  /** @throws not_found, method_not_allowed */
  find(method: string, pathname: string): Found<Context> {
    const fixed = this.#fixed.get(pathname)
    if (fixed !== undefined) return { route: choose(fixed, method), path: {} }
    const given = pathname.split('/')
    for (const { segments, routes } of this.#entries) {
      const path = match(segments, given)
      if (path !== null) return { route: choose(routes, method), path }
    }
    throw new CodeError('not_found', { details: { path: pathname.slice(0, 200) } })
  }
}

function choose<Context>(routes: Map<string, Route<Context>>, method: string): Route<Context> {
  // Node leaves the body out
  const route = routes.get(method === 'HEAD' ? 'GET' : method)
  if (route !== undefined) return route
  const allow = [...routes.keys()].join(', ')
  throw new CodeError('method_not_allowed', { details: { allow }, headers: { allow } })
}

function match(segments: readonly string[], given: readonly string[]) {
  if (segments.length !== given.length) return null
  const path: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const text = given[index] ?? ''
    if (!segment.startsWith(':')) {
      if (segment !== text) return null
      continue
    }
    if (text === '' || text.length > 100 || !/^[\w.-]+$/.test(text)) return null
    path[segment.slice(1)] = text
  }
  return path
}
