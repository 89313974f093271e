/** `/pg`: what tools ask of the database's structure, with the service key only. */
import type { HttpRequest, HttpResponse } from '#base/http'
import { createRouter, formatGatewayError } from '#base/http'
import type { Project, Scope, Service, ServiceDefinition } from '#base/service'
import { metaErrors } from './errors.ts'
import { generateTypes } from './generate-types.ts'

type Handler = (project: Project, parameters: URLSearchParams) => Promise<HttpResponse>

const router = createRouter<Handler>([
  { method: 'GET', pattern: '/generators/typescript', handler: answerTypes },
])

export const meta: ServiceDefinition = {
  name: 'meta',
  prefix: '/pg',
  migrations: [],
  open: (project) => Promise.resolve(openService(project)),
}

function openService(project: Project): Service {
  return {
    handle: (scope, request) => {
      requireServiceKey(scope)
      const found = router.match(request.method, request.path)
      if (found === null) throw metaErrors.route_not_found({ path: request.path })
      if ('allowed' in found) throw metaErrors.method_not_allowed()
      return found.handler(project, new URLSearchParams(request.query))
    },
    formatError: (error, request: HttpRequest) => formatGatewayError(error, request),
    close: () => Promise.resolve(),
  }
}

/** The structure is nobody's business who may not read everything anyway. */
function requireServiceKey({ authentication }: Scope): void {
  if (!authentication.ok) throw metaErrors.invalid_token({ message: authentication.message })
  if (authentication.caller.role !== 'service_role') throw metaErrors.service_key_required()
}

/** `?included_schemas=public,app&excluded_schemas=…`, and postgres-meta's two switches. */
async function answerTypes(project: Project, parameters: URLSearchParams): Promise<HttpResponse> {
  const detects = parameters.get('detect_one_to_one_relationships')
  const version = parameters.get('postgrest_version')
  const body = await generateTypes(project.db, {
    included: namesIn(parameters.get('included_schemas')),
    excluded: namesIn(parameters.get('excluded_schemas')),
    detectsOneToOne: detects !== 'false',
    ...(version === null ? {} : { postgrestVersion: version }),
  })
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body }
}

function namesIn(list: string | null): string[] {
  return (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}
