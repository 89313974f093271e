/** What a request's transaction runs as: role, search path, and what SQL may ask about the request. */
import type { Catalog } from '#data-api/catalog'
import type { RunningPlan } from '#data-api/plan'
import type { ApiRequest } from '#data-api/request'
import type { Session } from '#db'
import type { HttpHeaders, HttpRequest } from '#http'
import type { Caller } from '#service'
import { quoteIdentifier } from '#sql'

type Setting = readonly [name: string, value: string]

export interface SessionContext {
  readonly catalog: Catalog
  readonly extraSearchPath: readonly string[]
  readonly appSettings: readonly Setting[]
}

export function createSession(
  plan: RunningPlan,
  request: ApiRequest,
  http: HttpRequest,
  caller: Caller,
  context: SessionContext,
): Session {
  const { role } = caller
  const { roleSettings, roleIsolation } = context.catalog.data
  const routine = plan.kind === 'call' ? plan.routine : null
  const { timezone } = plan.preferences
  const settings: Setting[] = [
    ['search_path', searchPath(request.schema, context.extraSearchPath)],
    ...(roleSettings.get(role) ?? []),
    ...callerSettings(caller),
    ['request.method', http.method],
    ['request.path', http.path],
    ['request.headers', headersJson(http.headers)],
    ['request.cookies', cookiesJson(http.headers['cookie'])],
    ...(timezone === null ? [] : [['timezone', timezone] as const]),
    ...(routine?.settings ?? []),
    ...context.appSettings,
  ]
  const isolation = isolationOf(routine?.isolation ?? roleIsolation.get(role))
  const readOnly = plan.kind === 'read' || (plan.kind === 'call' && plan.readOnly)
  return { role, settings, readOnly, ...(isolation === null ? {} : { isolation }) }
}

function isolationOf(name: string | null | undefined): 'repeatable read' | 'serializable' | null {
  return name === 'repeatable read' || name === 'serializable' ? name : null
}

function searchPath(schema: string, extra: readonly string[]): string {
  return [schema, ...extra].map(quoteIdentifier).join(', ')
}

/** Made once for each verified token: the gateway keeps the Caller with it. */
const known = new WeakMap<Caller, readonly Setting[]>()

function callerSettings(caller: Caller): readonly Setting[] {
  let settings = known.get(caller)
  if (settings === undefined) {
    const { claims, role } = caller
    const json = claims['role'] === role ? caller.claimsJson : JSON.stringify({ ...claims, role })
    const text = (name: string): string => {
      const value = claims[name]
      if (value === undefined || value === null) return ''
      return typeof value === 'string' ? value : JSON.stringify(value)
    }
    settings = [
      ['request.jwt.claims', json],
      ['app.user_id', text('sub')],
      ['app.role', role],
      ['app.tenant_id', text('tenant_id')],
    ]
    known.set(caller, settings)
  }
  return settings
}

function headersJson(headers: HttpHeaders): string {
  return JSON.stringify(headers.cookie === undefined ? headers : { ...headers, cookie: undefined })
}

function cookiesJson(header: string | undefined): string {
  if (header === undefined) return '{}'
  const cookies: Record<string, string> = {}
  for (const part of header.split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0) cookies[part.slice(0, equals).trim()] = part.slice(equals + 1).trim()
  }
  return JSON.stringify(cookies)
}
