/** The root: an OpenAPI 2.0 document of what the caller may use, in the form PostgREST gives it. */
import type { Catalog } from '#base/catalog'
import { planErrors } from '#services/data-api/plan'
import type { DescribePlan } from '#services/data-api/plan'
import type { ApiRequest } from '#services/data-api/request'
import type { Database } from '#base/db'
import type { HttpResponse } from '#base/http'
import { turns } from '#base/service'
import type { OpenApiOptions } from './openapi-options.ts'
import { listAccessible } from './access-statement.ts'
import type { Accessible } from './access-statement.ts'
import { writeOpenApi } from './write-openapi.ts'
import type { Described } from './write-openapi.ts'

export interface DescribeContext {
  readonly db: Database
  /** The caller's. */
  readonly role: string
  readonly catalog: Catalog
  /** Where the API is reached: `http://127.0.0.1:54321/rest/v1`. */
  readonly url: string
  readonly options: OpenApiOptions
}

/** @throws PlatformError PGRST126 where the configuration has turned the document off. */
export async function describeSchema(
  plan: DescribePlan,
  request: ApiRequest,
  context: DescribeContext,
): Promise<HttpResponse> {
  if (context.options.mode === 'disabled') throw planErrors.PGRST126()
  const headers: Record<string, string> = {
    'content-type': 'application/openapi+json; charset=utf-8',
  }
  if (request.negotiatedByProfile) headers['content-profile'] = request.schema
  if (plan.headersOnly) return { status: 200, headers, body: null }
  const accessible = await readAccessible(request.schema, context)
  const body = await turns.run(writeOpenApi(described(request.schema, accessible, context)))
  return { status: 200, headers, body }
}

async function readAccessible(schema: string, { db, role }: DescribeContext): Promise<Accessible> {
  const session = { role, settings: [['search_path', '']], readOnly: true } as const
  const [result] = await db.transaction(session, [listAccessible(schema)], {
    lane: 'read',
    leaves: 'nothing',
  })
  const cell = result?.rows[0]?.[0]
  if (cell === null || cell === undefined) return { relations: [], routines: [], comment: null }
  return JSON.parse(new TextDecoder().decode(cell)) as Accessible
}

function described(
  schema: string,
  accessible: Accessible,
  { catalog, url, options }: DescribeContext,
): Described {
  const all = options.mode === 'ignore-privileges'
  const relations = new Set(accessible.relations)
  const routines = new Set(accessible.routines)
  return {
    catalog,
    url,
    relations: catalog.data.relations.filter(
      (item) => item.schema === schema && (all || relations.has(item.name)),
    ),
    routines: catalog.data.routines.filter(
      (item) => item.schema === schema && (all || routines.has(item.name)),
    ),
    comment: accessible.comment,
    security: options.security,
  }
}
