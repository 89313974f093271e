/** What a running project answers itself: asked in the operator's place, with its service key. */
import { controlErrors } from '#host/control-plane/core'
import { bytesBody } from '#base/http'
import type { HttpHeaders, HttpResponse } from '#base/http'
import { apiErrors } from './errors.ts'
import type { Call } from './route.ts'

const passedOn = ['content-type', 'accept', 'content-length', 'if-none-match'] as const
/** Nothing that names the project's own address, sets a cookie, or says how the message is framed. */
const passedBack = ['content-type', 'etag', 'x-total-count', 'retry-after', 'x-request-id'] as const

export interface Passed {
  /** Headers that go along, besides those of any request. */
  readonly there?: readonly string[]
  /** Headers that come back, besides those of any answer. */
  readonly back?: readonly string[]
}

/** @throws control_project_deleted, control_no_node */
export async function forward(
  call: Call,
  path: string,
  { there = [], back = [] }: Passed = {},
): Promise<HttpResponse> {
  const { parts, access, ref, request } = call
  if (access === null) throw apiErrors.control_no_node()
  const { record } = await parts.projects.show(ref)
  if (record.status === 'deleted') throw controlErrors.control_project_deleted({ ref })
  const headers: Record<string, string> = {
    apikey: record.keys.serviceRoleKey,
    authorization: `Bearer ${record.keys.serviceRoleKey}`,
  }
  for (const name of [...passedOn, ...there]) {
    const value = request.headers[name]
    if (value !== undefined) headers[name] = value
  }
  const answer = await access.handle(ref, {
    method: request.method,
    path,
    query: request.query,
    headers: headers satisfies HttpHeaders,
    remoteAddress: request.remoteAddress,
    cancellation: request.cancellation,
    body: request.method === 'GET' ? bytesBody(new Uint8Array()) : request.body,
    ...(request.requestId === undefined ? {} : { requestId: request.requestId }),
  })
  const kept = [...passedBack, ...back].flatMap((name) => {
    const value = answer.headers[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { ...answer, headers: Object.fromEntries(kept) }
}

/** Names in paths: nothing that means another path. */
const fitName = /^(?!\.{1,2}$)[^/\\\0?#]{1,255}$/

/** Of the name of an object: it is sent encoded, and Storage says which it takes. */
const fitPart = /^(?!\.{1,2}$)[^\\\0]{0,1024}$/

/** `/functions/:slug`, or `/object/:bucket/*name` for a name with slashes, with what the path of the request has for it. @throws control_body_invalid */
export function filled(template: string, { params }: Call): string {
  return template.replace(/([:*])(\w+)/g, (_, kind: string, name: string) => {
    const value = params[name] ?? ''
    const [parts, fit] = kind === '*' ? [value.split('/'), fitPart] : [[value], fitName]
    if (value === '' || !parts.every((part) => fit.test(part)))
      throw apiErrors.control_body_invalid({ list: `${name}: cannot be this` })
    return parts.map(encodeURIComponent).join('/')
  })
}
