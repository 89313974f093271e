/** The edge of a node: what is decided about a request before a service sees it, and about an answer behind it. */
import type { Config } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Clock, Log } from '#base/kernel'
import type { Authentication, Project } from '#base/service'
import { addCorsHeaders, addSecurityHeaders, browserRules } from './browser-rules.ts'
import { countRequest, createMemoryCounter, headersOf } from './rate-limits.ts'
import type { Allowance } from './rate-limits.ts'
import { createRedisCounter } from './redis-counter.ts'
import { securityTxt } from './security-txt.ts'
import { trustProxies } from './trusted-proxies.ts'

export interface Edge {
  /** The request as the client sent it, whatever proxies stand between. */
  readonly resolve: (this: void, request: HttpRequest) => HttpRequest
  /** Counts a request; null where nothing limits it. @throws PlatformError 429 `over_request_rate_limit` */
  count(
    project: Project,
    authentication: Authentication,
    request: HttpRequest,
  ): null | Allowance | Promise<Allowance>
  /** Adds what browsers and whoever counts along are told. */
  finish(
    response: HttpResponse,
    request: HttpRequest,
    project: Project | null,
    allowance: Allowance | null,
  ): void
  /** The text of /.well-known/security.txt; null where there is none. */
  readonly securityTxt: (() => string) | null
  close(): void
}

/** `config` is the node's; limits and what browsers are told are the project's. */
export function createEdge(config: Config, clock: Clock, log: Log): Edge {
  const url = config['basalt.redis_url']
  const prefix = config['basalt.redis_prefix']
  const counter =
    url === null ? createMemoryCounter(clock) : createRedisCounter({ url, prefix, clock, log })
  const isTls = config['api.tls.enabled']
  return {
    resolve: trustProxies(config['basalt.trusted_proxies'], config['basalt.forwarded_headers']),
    count: (project, authentication, request) =>
      countRequest(counter, project, authentication, request),
    finish: (response, request, project, allowance) => {
      const rules = project === null ? null : browserRules(project.config)
      addCorsHeaders(response, request, rules)
      if (rules !== null) addSecurityHeaders(response, request, rules, isTls)
      if (allowance !== null) Object.assign(response.headers, headersOf(allowance))
    },
    securityTxt: securityTxt(config, clock),
    close: () => counter.close(),
  }
}
