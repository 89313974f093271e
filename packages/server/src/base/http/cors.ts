/** CORS: any origin may call, because every call carries its own credentials (facts: Supabase's gateways answer `*`). */
import type { HttpRequest, HttpResponse } from './message.ts'

const methods = 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS'
const allowedHeaders = [
  'authorization',
  'apikey',
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
].join(', ')

/** True for a preflight: a plain OPTIONS goes to the service. */
export function isPreflight(request: HttpRequest): boolean {
  return (
    request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
  )
}

/** The answer to a preflight; whatever headers the page asks for are allowed, as Supabase's gateways do. */
export function preflightResponse(request: HttpRequest): HttpResponse {
  return {
    status: 200,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': methods,
      'access-control-allow-headers':
        request.headers['access-control-request-headers'] ?? allowedHeaders,
      'access-control-max-age': '3600',
      vary: 'access-control-request-headers',
    },
    body: null,
  }
}
