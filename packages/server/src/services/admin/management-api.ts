/** `/v1/projects/{ref}/…`: the part of Supabase's Management API that its CLI deploys functions with, for the operator alone. */
import { createRouter, formatGatewayError } from '#base/http'
import type { HttpRequest, HttpResponse, Router } from '#base/http'
import type { Scope, Service, ServiceDefinition } from '#base/service'
import { findRoute, isOperator, refuseForeignPage } from './admin-service.ts'
import type { AdminOptions, AdminRoute } from './admin-service.ts'
import { adminErrors } from './errors.ts'

/** The Supabase CLI takes no other refs, and a folder that was linked keeps its own: there is one project here. */
const linkedRef = /^[a-z]{20}$/

export function createManagementApi(
  options: Pick<AdminOptions, 'operatorToken' | 'routes'>,
): ServiceDefinition {
  const router = createRouter<AdminRoute['handler']>(options.routes)
  const service: Service = {
    handle: (scope, request) => handle(options, router, scope, request),
    formatError: (error, request) => formatGatewayError(error, request),
    close: () => Promise.resolve(),
  }
  return { name: 'management', prefix: '/v1', migrations: [], open: () => Promise.resolve(service) }
}

async function handle(
  options: Pick<AdminOptions, 'operatorToken'>,
  router: Router<AdminRoute['handler']>,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  refuseForeignPage(scope, request)
  if (!isOperator(options, request)) throw adminErrors.admin_operator_only()
  const { handler, params } = findRoute(router, request)
  const ref = params['ref'] ?? ''
  if (ref !== scope.project.ref && !linkedRef.test(ref))
    throw adminErrors.admin_project_not_found({ ref })
  return handler(request, params)
}
