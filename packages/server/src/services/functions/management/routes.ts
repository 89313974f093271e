/** The endpoints of functions, below `/admin/v1` and, in the words of Supabase's Management API, below `/v1`. */
import type { HttpRequest, HttpResponse } from '#base/http'
import { emptyResponse, jsonResponse } from '#base/http'
import { deployEndpoint } from './deploy-endpoint.ts'
import { requireSlug } from './deploy.ts'
import { describeFunction, describeVersion } from './describe.ts'
import { downloadSources } from './download.ts'
import { managementErrors } from './errors.ts'
import { readLogs } from './logs-endpoint.ts'
import type { Management } from './management.ts'
import { readArray, readObject } from './read-body.ts'
import { deleteSecrets, listSecrets, setSecrets } from './secret-endpoints.ts'

export type Params = Readonly<Record<string, string>>

export interface ManagementRoute {
  readonly method: string
  readonly pattern: string
  readonly handler: (request: HttpRequest, params: Params) => Promise<HttpResponse>
}

type Handler = (management: Management, request: HttpRequest, slug: string) => Promise<HttpResponse>

const functions = '/projects/:ref/functions'
const one = `${functions}/:slug`
const secrets = '/projects/:ref/secrets'

const table: readonly (readonly [method: string, pattern: string, handler: Handler])[] = [
  ['GET', functions, listFunctions],
  ['PUT', functions, activateMany],
  ['POST', functions, refuseBundle],
  ['POST', `${functions}/deploy`, deployEndpoint],
  ['GET', one, getFunction],
  ['PATCH', one, updateFunction],
  ['DELETE', one, deleteFunction],
  ['GET', `${one}/body`, downloadSources],
  ['GET', `${one}/versions`, listVersions],
  ['POST', `${one}/rollback`, rollback],
  ['GET', `${one}/logs`, readLogs],
  ['GET', secrets, listSecrets],
  ['POST', secrets, setSecrets],
  ['DELETE', secrets, deleteSecrets],
]

/** Whoever mounts them has checked who asks, and for which project. */
export function managementRoutes(management: Management): readonly ManagementRoute[] {
  return table.map(([method, pattern, handler]) => ({
    method,
    pattern,
    handler: async (request, { slug }) =>
      handler(management, request, slug === undefined ? '' : requireSlug(slug)),
  }))
}

async function listFunctions({ registry }: Management): Promise<HttpResponse> {
  return jsonResponse(200, (await registry.list()).map(describeFunction))
}

async function getFunction(
  { registry }: Management,
  _request: HttpRequest,
  slug: string,
): Promise<HttpResponse> {
  return jsonResponse(200, describeFunction(await registry.find(slug)))
}

async function listVersions(
  { registry }: Management,
  _request: HttpRequest,
  slug: string,
): Promise<HttpResponse> {
  return jsonResponse(200, (await registry.versions(slug)).map(describeVersion))
}

const maxAtOnce = 1_000

/** What was uploaded with `bundleOnly` is called from now on, all of it at the same moment. */
async function activateMany({ registry }: Management, request: HttpRequest): Promise<HttpResponse> {
  const items = await readArray(request, maxAtOnce, 'functions with slug and version')
  const wanted = items.map((item) => {
    const { slug, version } = item as { slug?: unknown; version?: unknown }
    if (typeof slug !== 'string' || !isVersion(version))
      throw managementErrors.function_body_invalid({ expected: 'functions with slug and version' })
    return { slug: requireSlug(slug), version }
  })
  await registry.activate(wanted)
  const slugs = new Set(wanted.map(({ slug }) => slug))
  const all = await registry.list()
  const functionsNow = all.filter(({ slug }) => slugs.has(slug)).map(describeFunction)
  return jsonResponse(200, { functions: functionsNow })
}

function isVersion(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31
}

function refuseBundle(): Promise<HttpResponse> {
  return Promise.reject(managementErrors.function_bundle_refused())
}

async function updateFunction(
  { registry }: Management,
  request: HttpRequest,
  slug: string,
): Promise<HttpResponse> {
  if ((request.headers['content-type'] ?? '').includes('eszip')) return refuseBundle()
  const { name, verify_jwt: verifyJwt } = await readObject(request, 'JSON with name or verify_jwt')
  const isFit =
    (name === undefined || (typeof name === 'string' && /^[^\0]{1,256}$/.test(name))) &&
    (verifyJwt === undefined || typeof verifyJwt === 'boolean')
  if (!isFit)
    throw managementErrors.function_body_invalid({ expected: 'JSON with name or verify_jwt' })
  await registry.update(
    slug,
    (name as string | undefined) ?? null,
    (verifyJwt as boolean | undefined) ?? null,
  )
  return jsonResponse(200, describeFunction(await registry.find(slug)))
}

async function deleteFunction(
  { registry, artifacts, log }: Management,
  _request: HttpRequest,
  slug: string,
): Promise<HttpResponse> {
  const left = await registry.remove(slug)
  await artifacts.remove(left).catch((error: unknown) => {
    log.warn('artifacts of a deleted function could not be removed', { error: String(error) })
  })
  return emptyResponse(200)
}

/** To the version named, or to the one before the one that is called. */
async function rollback(
  { registry }: Management,
  request: HttpRequest,
  slug: string,
): Promise<HttpResponse> {
  const { version = null } = await readObject(request, 'JSON with version, or empty')
  if (version !== null && !isVersion(version))
    throw managementErrors.function_body_invalid({ expected: 'JSON with version, or empty' })
  const versions = await registry.versions(slug)
  const active = versions[0]?.active ?? Number.POSITIVE_INFINITY
  const target = version ?? versions.find((kept) => kept.version < active)?.version
  if (target === undefined) throw managementErrors.function_no_earlier_version({ slug })
  await registry.activate([{ slug, version: target }])
  return jsonResponse(200, describeFunction(await registry.find(slug)))
}
