/** Studio as a function from request to response: its session, the API in its operator's place, its files. */
import {
  emptyResponse,
  formatGatewayError,
  jsonResponse,
  readJson,
  withErrorBoundary,
} from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Log } from '#base/kernel'
import { readCookie, sessionCookie, sessionCookieName } from './cookies.ts'
import { originOf, refuseForms, refuseOthers } from './guard-request.ts'
import type { StudioAddress } from './guard-request.ts'
import { apiHeaders } from './page-headers.ts'
import { renderPage } from './render-page.ts'
import { answerFile } from './static-files.ts'
import type { StudioBackend } from './studio-backend.ts'

export interface StudioAppOptions {
  readonly address: StudioAddress
  readonly folder: string | null
  readonly backend: StudioBackend
  readonly log: Log
}

interface Call {
  readonly request: HttpRequest
  readonly cookie: string
  readonly token: string | null
}

const maxSignInBytes = 8192

export function createStudioApp(
  options: StudioAppOptions,
): (request: HttpRequest) => Promise<HttpResponse> {
  const { address, log } = options
  return async (request) => {
    const isApi = /^\/(?:admin|studio)(?:\/|$)/.test(request.path)
    const response = await withErrorBoundary(request, log, formatGatewayError, async () => {
      const origin = originOf(request, address)
      refuseOthers(request, origin, !isApi)
      refuseForms(request)
      const cookie = sessionCookieName(origin, address.port)
      const token = readCookie(request, cookie)
      return isApi
        ? answerApi(options.backend, { request, cookie, token: token === '' ? null : token })
        : answerPage(options, request)
    })
    return isApi || response.headers['content-security-policy'] === undefined
      ? { ...response, headers: { ...apiHeaders, ...response.headers } }
      : response
  }
}

async function answerPage(
  { folder, backend }: StudioAppOptions,
  request: HttpRequest,
): Promise<HttpResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return emptyResponse(405)
  const file = folder === null ? null : await answerFile(folder, request)
  if (file !== null) return file
  if (request.path.startsWith('/assets/')) return emptyResponse(404)
  return renderPage(folder, request, backend.apiOrigins)
}

async function answerApi(backend: StudioBackend, call: Call): Promise<HttpResponse> {
  const { request, token } = call
  if (request.path === '/studio/session') return answerSession(backend, call)
  if (!request.path.startsWith('/admin/v1/')) return emptyResponse(404)
  const headers = { ...request.headers, cookie: undefined, authorization: undefined }
  return backend.handle(token, { ...plain(request), headers })
}

/** Requests of the listener have their parts on a prototype. */
function plain(request: HttpRequest): HttpRequest {
  const { method, path, query, headers, remoteAddress, cancellation, body } = request
  return { method, path, query, headers, remoteAddress, cancellation, body }
}

async function answerSession(backend: StudioBackend, call: Call): Promise<HttpResponse> {
  const { request, cookie, token } = call
  switch (request.method) {
    case 'GET':
      return described(backend, await backend.find(token))
    case 'POST': {
      const body = await readJson(request, maxSignInBytes)
      const entered = await backend.enter(body, request.remoteAddress)
      // who had another session has one now
      if (token !== null) await backend.leave(token)
      return described(backend, entered.operator, sessionCookie(cookie, entered.token))
    }
    case 'DELETE':
      if (token !== null) await backend.leave(token)
      return emptyResponse(204, { 'set-cookie': sessionCookie(cookie, null) })
    default:
      return emptyResponse(405)
  }
}

function described(
  { shape, ref, signIn }: StudioBackend,
  operator: object | null,
  cookie?: string,
): HttpResponse {
  return jsonResponse(
    200,
    { shape, operator, ref, sign_in: signIn },
    { 'cache-control': 'no-store', ...(cookie === undefined ? {} : { 'set-cookie': cookie }) },
  )
}
