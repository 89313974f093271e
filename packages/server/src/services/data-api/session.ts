/** What a request's transaction runs as: role, search path, and what SQL may ask about the request. */
import type { Catalog } from '#base/catalog'
import type { RunningPlan } from '#services/data-api/plan'
import type { ApiRequest } from '#services/data-api/request'
import type { Session } from '#base/db'
import type { HttpHeaders, HttpRequest } from '#base/http'
import type { Caller } from '#base/service'
import { quoteIdentifier } from '#base/sql'
import { isOfCustomerKey, isReadOnlyKey } from '#base/token'

type Setting = readonly [name: string, value: string]

export interface SessionContext {
  /** The search path of each exposed schema. */
  readonly searchPaths: ReadonlyMap<string, Setting>
  /** Settings of every transaction. */
  readonly settings: readonly Setting[]
}

/** What is the same for every session of a project. */
export function createSessionContext(
  schemas: readonly string[],
  extraSearchPath: readonly string[],
  settings: readonly Setting[],
): SessionContext {
  const searchPaths = new Map<string, Setting>()
  for (const schema of schemas) {
    const path = [schema, ...extraSearchPath].map(quoteIdentifier).join(', ')
    searchPaths.set(schema, ['search_path', path])
  }
  return { searchPaths, settings }
}

const noSettings: readonly Setting[] = []

export function createSession(
  plan: RunningPlan,
  request: ApiRequest,
  http: Pick<HttpRequest, 'method' | 'path' | 'headers' | 'requestId'>,
  caller: Caller,
  catalog: Catalog,
  context: SessionContext,
): Session {
  const { role } = caller
  const { roleSettings, roleIsolation } = catalog.data
  const routine = plan.kind === 'call' ? plan.routine : null
  const { timezone } = plan.preferences
  const settings: Setting[] = [
    context.searchPaths.get(request.schema) ?? ['search_path', ''],
    ['request.method', http.method],
    ['request.path', http.path],
    ['request.headers', headersJson(http, isOfCustomerKey(caller.claims))],
    ['request.cookies', cookiesJson(http.headers['cookie'])],
  ]
  // pushed, not spread: this runs for every request, and the lists are mostly empty
  for (const setting of roleSettings.get(role) ?? noSettings) settings.push(setting)
  for (const setting of callerSettings(caller)) settings.push(setting)
  if (timezone !== null) settings.push(['timezone', timezone])
  for (const setting of routine?.settings ?? noSettings) settings.push(setting)
  for (const setting of context.settings) settings.push(setting)
  const isolation = isolationOf(routine?.isolation ?? roleIsolation.get(role))
  const readOnly =
    plan.kind === 'read' || (plan.kind === 'call' && plan.readOnly) || isReadOnlyKey(caller.claims)
  return isolation === null ? { role, settings, readOnly } : { role, settings, readOnly, isolation }
}

function isolationOf(name: string | null | undefined): 'repeatable read' | 'serializable' | null {
  return name === 'repeatable read' || name === 'serializable' ? name : null
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

/** The texts of headers without the last brace; a client's next request mostly has the same object of headers. */
const headersTexts = new WeakMap<HttpHeaders, string>()

/** A customer's key is not for SQL to see. */
const withoutKey = { authorization: undefined, apikey: undefined, 'x-api-key': undefined }

/** Without the cookies, and with the request id as a gateway in front would have set it. */
function headersJson(
  { headers, requestId }: Pick<HttpRequest, 'headers' | 'requestId'>,
  hasKey: boolean,
): string {
  let text = headersTexts.get(headers)
  if (text === undefined) {
    const replaced = requestId === undefined ? {} : { 'x-request-id': undefined }
    const kept = { ...headers, cookie: undefined, ...replaced }
    text = JSON.stringify(hasKey ? { ...kept, ...withoutKey } : kept).slice(0, -1)
    headersTexts.set(headers, text)
  }
  if (requestId === undefined) return `${text}}`
  return `${text}${text === '{' ? '' : ','}"x-request-id":${JSON.stringify(requestId)}}`
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
