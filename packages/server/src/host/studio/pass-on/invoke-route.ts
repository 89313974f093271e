/** Calls a function of the project as a user, or as nobody. */
import {
  anyObject,
  apiErrors,
  flag,
  integer,
  liveRecord,
  number,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'
import type { ApiRoute, Call } from '#host/control-plane/route'
import { bytesBody, jsonResponse } from '#base/http'
import type { ResponseBody } from '#base/http'

interface Invocation {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: string
  readonly token?: string
}

const maxBytes = 1024 * 1024
const fitHeader = /^[a-z0-9-]{1,100}$/
/** How the request is framed, and whose it is, is not the caller's to say. */
const ours: readonly string[] = [
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
]

async function invoke(call: Call) {
  const { access, params, ref, request } = call
  if (access === null) throw apiErrors.control_no_node()
  const given = call.body as Invocation
  const { keys } = await liveRecord(call)
  const [path = '', query = ''] = (given.path ?? '').split('?', 2)
  if (!/^(?:\/[^\s?#]*)?$/.test(path) || path.split('/').includes('..'))
    throw apiErrors.control_body_invalid({ list: 'path: expected /… or nothing' })
  const begun = performance.now()
  const answer = await access.handle(ref, {
    method: given.method ?? 'POST',
    path: `/functions/v1/${encodeURIComponent(params['slug'] ?? '')}${path}`,
    query,
    headers: {
      apikey: keys.anonKey,
      authorization: `Bearer ${given.token ?? keys.anonKey}`,
      ...headersOf(given.headers ?? {}),
    },
    remoteAddress: request.remoteAddress,
    cancellation: request.cancellation,
    body: bytesBody(Buffer.from(given.body ?? '')),
  })
  const { text: body, truncated } = await readText(answer.body)
  const ms = Math.round(performance.now() - begun)
  return jsonResponse(200, { status: answer.status, headers: answer.headers, body, truncated, ms })
}

/** @throws control_body_invalid */
function headersOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(given).map(([name, value]) => {
    const lower = name.toLowerCase()
    const isFit = fitHeader.test(lower) && !ours.includes(lower)
    // oxlint-disable-next-line no-control-regex
    if (!isFit || typeof value !== 'string' || /[\u0000-\u0008\u000a-\u001f]/.test(value))
      throw apiErrors.control_body_invalid({ list: `headers.${name.slice(0, 80)}: cannot be sent` })
    return [lower, value] as const
  })
  return Object.fromEntries(entries)
}

async function readText(body: ResponseBody): Promise<{ text: string; truncated: boolean }> {
  if (body === null) return { text: '', truncated: false }
  if (typeof body === 'string')
    return { text: body.slice(0, maxBytes), truncated: body.length > maxBytes }
  const parts: Uint8Array[] = []
  let bytes = 0
  const chunks = body instanceof Uint8Array ? [body] : body
  for await (const chunk of chunks) {
    parts.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes > maxBytes) break
  }
  return {
    text: Buffer.concat(parts).subarray(0, maxBytes).toString('utf8'),
    truncated: bytes > maxBytes,
  }
}

export const invokeRoute: ApiRoute = {
  method: 'POST',
  path: '/projects/:ref/functions/:slug/invoke',
  least: 'developer',
  summary: 'Calls a function: as a user with a token of theirs, else as anon',
  request: object({
    'method?': oneOf(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'], 'Default POST'),
    'path?': text('Behind its name: /x?y=1', 2000),
    'headers?': anyObject('Texts by name'),
    'body?': text('As it is', 900_000),
    'token?': text('Of a user', 100_000),
  }),
  response: object({
    status: integer('Of its answer'),
    headers: anyObject('Of its answer'),
    body: text('Its first MiB', 2_000_000),
    truncated: flag('There is more of it'),
    ms: number('How long it took'),
  }),
  audit: 'function.invoke',
  handle: invoke,
}
