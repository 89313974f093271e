/** CORS: any origin may call, because every call carries its own credentials (facts: Supabase's gateways answer `*`). */
import type { HttpRequest, HttpResponse } from './message.ts'

/** How pages may call, where a project says so. */
export interface PreflightRules {
  readonly methods: string
  /** Null: whatever is asked for. */
  readonly headers: string | null
  readonly maxAge: string
}

const methods = 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS'
/** What the client libraries send. */
export const clientHeaders = [
  'authorization',
  'apikey',
  'x-api-key',
  'content-type',
  'x-client-info',
  'prefer',
  'range',
  'range-unit',
  'accept-profile',
  'content-profile',
  'x-supabase-api-version',
  'x-upsert',
  'cache-control',
  'x-metadata',
  'tus-resumable',
  'upload-length',
  'upload-metadata',
  'upload-offset',
  'x-signature',
  'x-region',
  'x-retry-count',
  'x-request-id',
  'x-project-ref',
  'idempotency-key',
].join(', ')

/** What a page may read of an answer. */
export const exposedHeaders = [
  'content-range',
  'content-location',
  'content-encoding',
  'location',
  'range-unit',
  'preference-applied',
  'link',
  'retry-after',
  'x-total-count',
  'x-request-id',
  'x-supabase-api-version',
  'x-sb-error-code',
  'sb-error-code',
  'x-relay-error',
  'upload-offset',
  'upload-length',
  'tus-resumable',
  'tus-version',
  'tus-extension',
  'tus-max-size',
  'upload-defer-length',
  'upload-expires',
  // of every part, and of an object: browsers' S3 clients cannot complete an upload without
  'etag',
  'accept-ranges',
  'content-disposition',
  'x-transformations',
  'server-timing',
  // where a caller stands, and the key of a project's customer
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-quota-limit',
  'x-quota-remaining',
  'x-quota-reset',
].join(', ')

/** True for a preflight: a plain OPTIONS goes to the service. */
export function isPreflight(request: HttpRequest): boolean {
  return (
    request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
  )
}

const anything: PreflightRules = { methods, headers: null, maxAge: '3600' }

/** The answer to a preflight, but for the origin; whatever headers the page asks for are allowed, as Supabase's gateways do. */
export function preflightResponse(
  { headers }: HttpRequest,
  rules: PreflightRules = anything,
): HttpResponse {
  return {
    status: 200,
    headers: {
      'access-control-allow-methods': rules.methods,
      'access-control-allow-headers':
        rules.headers ?? headers['access-control-request-headers'] ?? clientHeaders,
      'access-control-max-age': rules.maxAge,
      vary: 'access-control-request-headers',
    },
    body: null,
  }
}

/** Caches keep the answer for requests with the same `name` only. */
export function addVary(headers: HttpResponse['headers'], name: string): void {
  const before = headers['vary']
  const named = before === undefined ? [] : [before].flat().flatMap((item) => item.split(','))
  if (named.some((item) => ['*', name].includes(item.trim().toLowerCase()))) return
  headers['vary'] = [...named.map((item) => item.trim()), name].join(', ')
}
