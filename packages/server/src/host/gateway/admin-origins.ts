/** Pages of which origins may call what is the operator's: those that `basalt.admin_origins` names, and no others. */
import { addVary, emptyResponse, exposedHeaders, preflightResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { ProjectRuntime } from './project-runtime.ts'

export function isAdmin(path: string): boolean {
  return path.startsWith('/admin/') || path.startsWith('/v1/')
}

export function answerAdminPreflight(runtime: ProjectRuntime, request: HttpRequest): HttpResponse {
  const origin = allowedOrigin(runtime, request)
  if (origin === null) return emptyResponse(403)
  const response = preflightResponse(request)
  return { ...response, headers: { ...response.headers, 'access-control-allow-origin': origin } }
}

export function addAdminCorsHeaders(
  runtime: ProjectRuntime | null,
  request: HttpRequest,
  { headers }: HttpResponse,
): void {
  addVary(headers, 'origin')
  const origin = allowedOrigin(runtime, request)
  if (origin === null) return
  headers['access-control-allow-origin'] = origin
  headers['access-control-expose-headers'] = exposedHeaders
}

function allowedOrigin(
  runtime: ProjectRuntime | null,
  { headers: { origin } }: HttpRequest,
): string | null {
  const allowed = runtime?.project.config['basalt.admin_origins'] ?? []
  return origin !== undefined && allowed.includes(origin) ? origin : null
}
