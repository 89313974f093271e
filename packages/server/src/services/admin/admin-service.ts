/** `/admin/v1/projects/{ref}/config`: the project's configuration, read and changed while it runs; and what other services bring. */
import { toPrintable } from '#base/config'
import type { Config, ConfigProblem, ConfigTree } from '#base/config'
import {
  createRouter,
  formatGatewayError,
  isFromThisMachine,
  jsonResponse,
  readJson,
} from '#base/http'
import type { HttpRequest, HttpResponse, Router } from '#base/http'
import { isJsonObject } from '#base/kernel'
import type { Scope, Service, ServiceDefinition } from '#base/service'
import { bearerOf, constantTimeEqual, hasDefaultSecret } from '#base/token'
import { adminErrors } from './errors.ts'

export interface AdminOptions {
  /** Port: the configuration, and how it changes (`control`). With problems nothing has changed. */
  readonly configuration: {
    current(): Config
    change(patch: ConfigTree): Promise<readonly ConfigProblem[]>
  }
  /** Of whoever runs the platform; null where there is none. */
  readonly operatorToken: string | null
  /** Port: endpoints of other services (`functions`), below `/projects/:ref/`. Those who may not are kept out before. */
  readonly routes: readonly AdminRoute[]
}

export interface AdminRoute {
  readonly method: string
  readonly pattern: string
  readonly handler: (
    request: HttpRequest,
    params: Readonly<Record<string, string>>,
  ) => Promise<HttpResponse>
}

const maxBodyBytes = 1024 * 1024

/** Its refusals tell whether a file is there and is JSON: a program on this machine could look for itself. */
function namesKeyFile({ auth }: Readonly<Record<string, unknown>>): boolean {
  return isJsonObject(auth) && typeof auth['signing_keys_path'] === 'string'
}

/** Of options: `auth.email.template.recovery.content`, and some more. */
const maxDepth = 16
const unfitNames: readonly string[] = ['__proto__', 'constructor', 'prototype']

/** No deeper than options are, no texts or names that none of them can have. */
function isFit(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  return Object.entries(value).every(
    ([name, item]) => !unfitNames.includes(name) && !name.includes('\0') && isFit(item, depth - 1),
  )
}

export function createAdmin(options: AdminOptions): ServiceDefinition {
  const router = createRouter<AdminRoute['handler']>([
    { method: 'GET', pattern: '/projects/:ref/config', handler: () => getConfig(options) },
    {
      method: 'PATCH',
      pattern: '/projects/:ref/config',
      handler: (request) => patchConfig(options, request),
    },
    ...options.routes,
  ])
  const service: Service = {
    handle: (scope, request) => handle(options, router, scope, request),
    formatError: (error, request) => formatGatewayError(error, request),
    close: () => Promise.resolve(),
  }
  return {
    name: 'admin',
    prefix: '/admin/v1',
    migrations: [],
    open: () => Promise.resolve(service),
  }
}

async function handle(
  options: AdminOptions,
  router: Router<AdminRoute['handler']>,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  refuseForeignPage(scope, request)
  requireAdministrator(options, scope, request)
  const { handler, params } = findRoute(router, request)
  const ref = params['ref'] ?? ''
  if (ref !== scope.project.ref) throw adminErrors.admin_project_not_found({ ref })
  return handler(request, params)
}

/** @throws admin_route_not_found, admin_method_not_allowed */
export function findRoute(
  router: Router<AdminRoute['handler']>,
  { method, path }: HttpRequest,
): Pick<AdminRoute, 'handler'> & { readonly params: Readonly<Record<string, string>> } {
  const found = router.match(method, path)
  if (found === null) throw adminErrors.admin_route_not_found({ path })
  if ('allowed' in found) throw adminErrors.admin_method_not_allowed()
  return found
}

/** A web page of another site can send what its visitor's machine may: only those the operator named are let in. */
export function refuseForeignPage({ project }: Scope, { headers }: HttpRequest): void {
  const { origin } = headers
  if (origin !== undefined && !project.config['basalt.admin_origins'].includes(origin))
    throw adminErrors.admin_origin_refused({ origin })
}

export function isOperator(
  { operatorToken }: Pick<AdminOptions, 'operatorToken'>,
  { headers }: HttpRequest,
): boolean {
  const bearer = bearerOf(headers['authorization'] ?? '')
  return operatorToken !== null && bearer !== null && constantTimeEqual(operatorToken, bearer)
}

function requireAdministrator(
  options: AdminOptions,
  { authentication, project }: Scope,
  request: HttpRequest,
): void {
  if (isOperator(options, request)) return
  if (!authentication.ok) throw adminErrors.admin_token_invalid({ message: authentication.message })
  if (authentication.caller.role !== 'service_role') throw adminErrors.admin_not_allowed()
  // everybody knows them: they say no more than that the request comes from this machine
  if (hasDefaultSecret(project.keys) && !isFromThisMachine(request))
    throw adminErrors.admin_default_keys()
}

/** What is in effect, secrets masked. */
function getConfig({ configuration }: AdminOptions): Promise<HttpResponse> {
  return Promise.resolve(jsonResponse(200, toPrintable(configuration.current())))
}

async function patchConfig(
  { configuration }: AdminOptions,
  request: HttpRequest,
): Promise<HttpResponse> {
  const patch = await readJson(request, maxBodyBytes)
  if (!isJsonObject(patch) || !isFit(patch, maxDepth)) throw adminErrors.admin_body_invalid()
  if (namesKeyFile(patch) && !isFromThisMachine(request)) throw adminErrors.admin_key_file()
  const problems = await configuration.change(patch)
  if (problems.length > 0) {
    const { code, message } = adminErrors.config_invalid({ count: problems.length })
    const listed = problems.map((problem) => ({ key: problem.key, message: problem.message }))
    return jsonResponse(400, { code, message, problems: listed })
  }
  return jsonResponse(200, toPrintable(configuration.current()))
}
