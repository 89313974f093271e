/**
 * Error bodies in both shapes GoTrue has: which one depends on the request's `X-Supabase-Api-Version`
 * (supabase/auth internal/api/errors.go, apiversions.go).
 */
import { DatabaseError } from '#base/db'
import { jsonResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { PlatformError } from '#base/kernel'
import { authErrors, HookRefusal, WeakPasswordError } from './errors.ts'
import { OauthError } from './oauth-error.ts'

const versionHeader = 'x-supabase-api-version'
const currentVersion = '2024-01-01'

/** Bodies: initial `{ code: 422, error_code, msg }` · from 2024-01-01 `{ code: '…', message }`. */
export function formatError(error: PlatformError, request: HttpRequest): HttpResponse {
  if (error instanceof OauthError) return oauthBody(error, request)
  const known = translate(error)
  const isCurrent = speaksCurrent(request.headers[versionHeader])
  const headers: Record<string, string> = { ...known.headers }
  if (isCurrent) headers[versionHeader] = currentVersion
  if (known instanceof WeakPasswordError) return weakPassword(known, isCurrent, headers)
  if (!isUnhandled(error) && !(known instanceof HookRefusal))
    headers['x-sb-error-code'] = known.code
  if (isCurrent) {
    return jsonResponse(known.status, { code: known.code, message: known.message }, headers)
  }
  return userSqlError(known, headers) ?? initialBody(known, request, headers)
}

function oauthBody(error: OauthError, request: HttpRequest): HttpResponse {
  const { authCode: code, message, status } = error
  const body = { error: error.error, error_description: message }
  const headers: Record<string, string> = { ...error.headers }
  if (code === null) return jsonResponse(status, body, headers)
  headers['x-sb-error-code'] = code
  if (!speaksCurrent(request.headers[versionHeader])) {
    return jsonResponse(status, { ...body, code: status, error_code: code, msg: message }, headers)
  }
  headers[versionHeader] = currentVersion
  return jsonResponse(status, { ...body, code, message }, headers)
}

/** A date from 2024-01-01 on; anything else, nonsense included, is the initial version. */
export function speaksCurrent(version: string | undefined): boolean {
  if (version === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(version)) return false
  const time = Date.parse(version)
  return (
    !Number.isNaN(time) &&
    new Date(time).toISOString().startsWith(version) &&
    version >= currentVersion
  )
}

/** Errors of the layers around us, in auth's words. */
function translate(error: PlatformError): PlatformError {
  if (error.code === 'body_too_large') return authErrors.bodyTooLarge({ maxBytes: 1024 * 1024 })
  if (error.code === 'invalid_json') {
    return authErrors.badJson({ reason: error.message.replace(/^[^:]*: /, '') })
  }
  if (error.code === 'request_timeout') return authErrors.requestTimeout()
  if (isUnhandled(error)) return authErrors.unexpectedFailure()
  return error
}

/** What the boundary made of an error it did not know: its cause must not show. */
function isUnhandled(error: PlatformError): boolean {
  return error.code === 'unexpected_failure' && error.message.startsWith('Something went wrong')
}

function weakPassword(
  error: WeakPasswordError,
  isCurrent: boolean,
  headers: Record<string, string>,
): HttpResponse {
  const { code, message, status, reasons } = error
  const weak_password = { reasons }
  if (isCurrent) return jsonResponse(status, { code, message, weak_password }, headers)
  headers['x-sb-error-code'] = code
  return jsonResponse(
    status,
    { code: status, error_code: code, msg: message, weak_password },
    headers,
  )
}

function initialBody(
  error: PlatformError,
  request: HttpRequest,
  headers: Record<string, string>,
): HttpResponse {
  const { requestId } = request
  const errorId = error.status >= 500 && requestId !== undefined ? { error_id: requestId } : {}
  const body = { code: error.status, error_code: error.code, msg: error.message, ...errorId }
  return jsonResponse(error.status, body, headers)
}

const publicCodes = new Set([
  'P0001', // raise exception
  '23000',
  '23001',
  '23502',
  '23503',
  '23505',
  '23514',
  '23P01',
])

/** What an application's own trigger or constraint said reaches clients of the initial version, as with GoTrue. */
function userSqlError(error: PlatformError, headers: Record<string, string>): HttpResponse | null {
  const { cause } = error
  if (!(cause instanceof DatabaseError)) return null
  const status = publicStatus(cause.code)
  if (status === null) return null
  const hint = cause.hint === null ? {} : { hint: cause.hint }
  const detail = cause.detail === null ? {} : { detail: cause.detail }
  return jsonResponse(
    status,
    { code: cause.code, message: cause.message, ...hint, ...detail },
    headers,
  )
}

/** SQLSTATE `PT418` asks for status 418, as with PostgREST; null for codes that stay inside. */
function publicStatus(code: string): number | null {
  if (publicCodes.has(code)) return 500
  const custom = /^PT(\d{3})$/.exec(code)
  const status = custom === null ? 0 : Number(custom[1])
  return status >= 200 && status <= 599 ? status : null
}
