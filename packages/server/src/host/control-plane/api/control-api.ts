/** `/admin/v1` of the fleet: from a request to the row of the table that answers it, once it is known who asks. */
import { apiErrors, checkSchema, guardStream } from '#host/control-plane/route'
import type { ApiRoute, ControlParts, ProjectAccess } from '#host/control-plane/route'
import { controlErrors, isAtLeast } from '#host/control-plane/core'
import type { Actor, OperatorRole } from '#host/control-plane/core'
import { roleIn } from '#host/control-plane/operators'
import type { Caller } from '#host/control-plane/operators'
import { createRouter, formatGatewayError, readJson, withErrorBoundary } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { ConnectionError } from '#base/db'
import type { Log } from '#base/kernel'
import { bearerOf } from '#base/token'
import { controlRoutes } from './routes.ts'

export interface ControlApiOptions {
  readonly parts: ControlParts
  /** Null where no project runs: what needs one is refused. */
  readonly access: ProjectAccess | null
  /** Of web pages that may use it, besides the node's own. */
  readonly allowedOrigins: readonly string[]
  readonly log: Log
}

export interface ControlApi {
  /** A request with its whole path, `/admin/v1/…`. */
  handle(request: HttpRequest): Promise<HttpResponse>
  /** As an owner, for who has the control database anyway. */
  handleAs(actor: Actor, request: HttpRequest): Promise<HttpResponse>
}

const prefix = '/admin/v1'
const maxBodyBytes = 1024 * 1024

const router = createRouter<ApiRoute>(
  controlRoutes.map((route) => ({
    method: route.method,
    pattern: prefix + route.path,
    handler: route,
  })),
)

const nobody: Caller = {
  operator: { id: '', email: '', role: 'read-only' },
  sessionId: '',
  memberships: new Map(),
}

export function createControlApi(options: ControlApiOptions): ControlApi {
  const within = (request: HttpRequest, work: () => Promise<HttpResponse>): Promise<HttpResponse> =>
    withErrorBoundary(request, options.log, formatGatewayError, async () => {
      try {
        const answer = await work()
        return { ...answer, headers: { 'cache-control': 'no-store', ...answer.headers } }
      } catch (error) {
        if (error instanceof ConnectionError)
          throw apiErrors.control_database_away(undefined, error)
        throw error
      }
    })
  return {
    handle: (request) =>
      within(request, async () => {
        refuseForeignPage(options, request)
        const { route, params } = findRoute(request)
        const caller = route.least === 'anyone' ? nobody : await identify(options.parts, request)
        const actor = {
          name: caller.operator.email === '' ? 'nobody' : caller.operator.email,
          address: request.remoteAddress,
        }
        const response = await answer(options, { route, params, caller, actor }, request)
        return guardStream(response, () => mayStill(options.parts, request, { route, params }))
      }),
    handleAs: (actor, request) =>
      within(request, async () => {
        const { route, params } = findRoute(request)
        const caller: Caller = { ...nobody, operator: { ...nobody.operator, role: 'owner' } }
        return answer(options, { route, params, caller, actor }, request)
      }),
  }
}

/** A token is no cookie, but a page that got hold of one should not find a way to use it either. */
function refuseForeignPage({ allowedOrigins }: ControlApiOptions, { headers }: HttpRequest): void {
  const { origin, host } = headers
  if (origin === undefined || allowedOrigins.includes(origin)) return
  if (host !== undefined && (origin === `https://${host}` || origin === `http://${host}`)) return
  throw apiErrors.control_origin_refused({ origin })
}

// as long as the name of an object
// oxlint-disable-next-line no-control-regex
const fitParameter = /^[^\u0000-\u001f]{1,1024}$/

interface Found {
  readonly route: ApiRoute
  readonly params: Readonly<Record<string, string>>
}

function findRoute({ method, path }: HttpRequest): Found {
  const found = router.match(method, path)
  if (found === null) throw apiErrors.control_route_not_found({ path })
  if ('allowed' in found) throw apiErrors.control_method_not_allowed()
  // neither a name nor a row of the audit log
  const unfit = Object.entries(found.params).find(([, value]) => !fitParameter.test(value))
  if (unfit !== undefined)
    throw apiErrors.control_body_invalid({ list: `${unfit[0]}: cannot be this` })
  return { route: found.handler, params: found.params }
}

/** @throws control_token_missing, control_token_invalid */
async function identify({ sessions }: ControlParts, { headers }: HttpRequest): Promise<Caller> {
  const token = bearerOf(headers['authorization'] ?? '')
  if (token === null) throw apiErrors.control_token_missing()
  const caller = await sessions.find(token)
  if (caller === null) throw apiErrors.control_token_invalid()
  return caller
}

/** Whether the session goes on, and the role with it. */
async function mayStill(
  { sessions }: ControlParts,
  { headers }: HttpRequest,
  { route: { path, least }, params }: Found,
): Promise<boolean> {
  if (least === 'anyone') return true
  const caller = await sessions.find(bearerOf(headers['authorization'] ?? '') ?? '')
  if (caller === null || least === 'operator') return caller !== null
  const role = path.includes('/:ref') ? roleIn(caller, params['ref'] ?? '') : caller.operator.role
  return role !== null && isAtLeast(role, least)
}

async function answer(
  { parts, access }: ControlApiOptions,
  { route, params, caller, actor }: Found & { readonly caller: Caller; readonly actor: Actor },
  request: HttpRequest,
): Promise<HttpResponse> {
  const ref = params['ref'] ?? ''
  const role = await requireRole(parts, route, caller, ref)
  const body = await readBody(route, request)
  if (route.audit !== undefined) {
    const { ref: _, ...detail } = params
    await parts.audit.write(actor, route.audit, ref === '' ? null : ref, detail)
  }
  const query = new URLSearchParams(request.query)
  return route.handle({ parts, access, request, params, query, body, caller, actor, role, ref })
}

/** Of a project that one is no member of nothing is said, not even whether there is one. */
async function requireRole(
  { projects }: ControlParts,
  { path, least }: ApiRoute,
  caller: Caller,
  ref: string,
): Promise<OperatorRole> {
  if (!path.includes('/:ref')) return requireLeast(caller.operator.role, least)
  const role = roleIn(caller, ref)
  if (role === null) throw controlErrors.control_project_not_found({ ref })
  requireLeast(role, least)
  // an owner has a role in what there is not, too
  if (role === 'owner') await projects.exists(ref)
  return role
}

function requireLeast(role: OperatorRole, least: ApiRoute['least']): OperatorRole {
  if (least !== 'anyone' && least !== 'operator' && !isAtLeast(role, least))
    throw apiErrors.control_role_insufficient({ role, least })
  return role
}

/** @throws control_body_invalid, body_too_large, invalid_json */
async function readBody(route: ApiRoute, request: HttpRequest): Promise<unknown> {
  if (route.request === undefined) return undefined
  const isSignIn = route.least === 'anyone'
  const body = (await readJson(request, isSignIn ? 8192 : maxBodyBytes)) ?? {}
  const wrong = checkSchema(route.request, body)
  if (wrong.length > 0)
    throw apiErrors.control_body_invalid({ list: wrong.slice(0, 20).join('; ') })
  return body
}
