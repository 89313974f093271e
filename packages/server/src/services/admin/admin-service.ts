/** `/admin/v1/projects/{ref}/config`: the project's configuration, read and changed while it runs. */
import { toPrintable } from '#base/config'
import type { Config, ConfigProblem, ConfigTree } from '#base/config'
import { createRouter, formatGatewayError, jsonResponse, readJson } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { isJsonObject } from '#base/kernel'
import type { Scope, Service, ServiceDefinition } from '#base/service'
import { bearerOf, constantTimeEqual } from '#base/token'
import { adminErrors } from './errors.ts'

export interface AdminOptions {
  /** Port: the configuration, and how it changes (`control`). With problems nothing has changed. */
  readonly configuration: {
    current(): Config
    change(patch: ConfigTree): Promise<readonly ConfigProblem[]>
  }
  /** Of whoever runs the platform; null where there is none. */
  readonly operatorToken: string | null
}

type Handler = (options: AdminOptions, request: HttpRequest) => Promise<HttpResponse>

const maxBodyBytes = 1024 * 1024

const router = createRouter<Handler>([
  { method: 'GET', pattern: '/projects/:ref/config', handler: getConfig },
  { method: 'PATCH', pattern: '/projects/:ref/config', handler: patchConfig },
])

export function createAdmin(options: AdminOptions): ServiceDefinition {
  const service: Service = {
    handle: (scope, request) => handle(options, scope, request),
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
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  requireAdministrator(options, scope, request)
  const found = router.match(request.method, request.path)
  if (found === null) throw adminErrors.admin_route_not_found({ path: request.path })
  if ('allowed' in found) throw adminErrors.admin_method_not_allowed()
  const ref = found.params['ref'] ?? ''
  if (ref !== scope.project.ref) throw adminErrors.admin_project_not_found({ ref })
  return found.handler(options, request)
}

function requireAdministrator(
  { operatorToken }: AdminOptions,
  { authentication }: Scope,
  request: HttpRequest,
): void {
  const bearer = bearerOf(request.headers['authorization'] ?? '')
  if (operatorToken !== null && bearer !== null && constantTimeEqual(operatorToken, bearer)) return
  if (!authentication.ok) throw adminErrors.admin_token_invalid({ message: authentication.message })
  if (authentication.caller.role !== 'service_role') throw adminErrors.admin_not_allowed()
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
  if (!isJsonObject(patch)) throw adminErrors.admin_body_invalid()
  const problems = await configuration.change(patch)
  if (problems.length > 0) {
    const { code, message } = adminErrors.config_invalid({ count: problems.length })
    const listed = problems.map((problem) => ({ key: problem.key, message: problem.message }))
    return jsonResponse(400, { code, message, problems: listed })
  }
  return jsonResponse(200, toPrintable(configuration.current()))
}
