/** What browsers are told of a project's answers: whose pages may read them, and what a page of ours may do. */
import type { Config } from '#base/config'
import { addVary, clientHeaders, exposedHeaders } from '#base/http'
import type { HttpRequest, HttpResponse, PreflightRules } from '#base/http'

export interface BrowserRules {
  readonly preflight: PreflightRules
  /** Null: those of all. */
  readonly isAllowed: ((origin: string) => boolean) | null
  readonly allowsCredentials: boolean
  readonly exposed: string
  /** Lower-case names. */
  readonly security: readonly (readonly [name: string, value: string])[]
  readonly policyOfPages: string
  readonly transport: string
}

const rulesByConfig = new WeakMap<Config, BrowserRules>()

/** Of a project's configuration, which is another object when it changes. */
export function browserRules(config: Config): BrowserRules {
  let rules = rulesByConfig.get(config)
  if (rules === undefined) rulesByConfig.set(config, (rules = makeRules(config)))
  return rules
}

function makeRules(config: Config): BrowserRules {
  const origins = config['basalt.cors.allowed_origins']
  const asked = config['basalt.cors.allowed_headers']
  const exposed = [exposedHeaders, ...config['basalt.cors.expose_headers']]
  const header = (name: 'x_frame_options' | 'x_content_type_options' | 'referrer_policy') =>
    [name.replaceAll('_', '-'), config[`basalt.security_headers.${name}`]] as const
  const isOn = config['basalt.security_headers.enabled']
  const security = [
    header('x_frame_options'),
    header('x_content_type_options'),
    header('referrer_policy'),
  ]
  return {
    preflight: {
      methods: config['basalt.cors.allowed_methods'].join(','),
      headers: asked.length === 0 ? null : [clientHeaders, ...asked].join(', '),
      maxAge: String(config['basalt.cors.max_age']),
    },
    isAllowed: origins.includes('*') ? null : originMatcher(origins),
    allowsCredentials: config['basalt.cors.allow_credentials'],
    exposed: exposed.join(', '),
    security: isOn ? security.filter(([, value]) => value !== '') : [],
    policyOfPages: isOn ? config['basalt.security_headers.content_security_policy'] : '',
    transport: isOn ? config['basalt.security_headers.strict_transport_security'] : '',
  }
}

/** `https://*.example.com` is any name below example.com, not itself. */
function originMatcher(origins: readonly string[]): (origin: string) => boolean {
  const exact = new Set(origins.map((origin) => origin.toLowerCase()))
  const below = [...exact].flatMap((origin) => {
    const [scheme = '', name] = origin.split('*')
    return name === undefined ? [] : [{ scheme, name }]
  })
  return (given) => {
    const origin = given.toLowerCase()
    if (exact.has(origin)) return true
    return below.some(
      ({ scheme, name }) =>
        origin.startsWith(scheme) &&
        origin.endsWith(name) &&
        /^[\w.-]+$/.test(origin.slice(scheme.length, origin.length - name.length)),
    )
  }
}

/** A header that pages may read of this answer. */
export function addExposed(headers: HttpResponse['headers'], name: string): void {
  const before = headers['access-control-expose-headers']
  headers['access-control-expose-headers'] = [before ?? exposedHeaders, name].flat().join(', ')
}

/** Without a project any page may read the answer, which is an error of ours. */
export function addCorsHeaders(
  { headers }: HttpResponse,
  request: HttpRequest,
  rules: BrowserRules | null,
): void {
  headers['access-control-expose-headers'] ??= rules?.exposed ?? exposedHeaders
  if (rules === null || rules.isAllowed === null) {
    headers['access-control-allow-origin'] ??= '*'
    return
  }
  // a function that says itself who may read it is its own judge
  if (headers['access-control-allow-origin'] !== undefined) return
  addVary(headers, 'origin')
  const { origin } = request.headers
  if (origin === undefined || !rules.isAllowed(origin)) return
  headers['access-control-allow-origin'] = origin
  if (rules.allowsCredentials) headers['access-control-allow-credentials'] = 'true'
}

/** What services and functions say themselves stands. */
export function addSecurityHeaders(
  { headers }: HttpResponse,
  request: HttpRequest,
  rules: BrowserRules,
  isTls: boolean,
): void {
  // pages show files in frames, and what a policy of pages would do to a PDF nobody knows
  const isFile = request.path.startsWith('/storage/')
  for (const [name, value] of rules.security)
    if (!isFile || name !== 'x-frame-options') headers[name] ??= value
  const isSecure = isTls || request.forwarded?.proto === 'https'
  if (isSecure && rules.transport !== '') headers['strict-transport-security'] ??= rules.transport
  if (rules.policyOfPages === '' || isFile) return
  const type = headers['content-type']
  if (typeof type === 'string' && /^text\/html\b/i.test(type))
    headers['content-security-policy'] ??= rules.policyOfPages
}
