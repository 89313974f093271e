/** What a WASM function reads and writes: one JSON object on stdin, one on stdout. */
import type { HttpResponse } from '#base/http'
import { isJsonObject, parseJson } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import { CallFailure } from '#services/functions/core'
import type { WorkerCall } from '#services/functions/worker'
import type { ThreadAnswer } from './wasi-thread.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** `{ method, url, path, query, headers, body | body_base64, user_id }` */
export async function requestText(
  { request, target, headers }: WorkerCall,
  maxBytes: number,
): Promise<Uint8Array> {
  const bytes = await request.body.read(maxBytes)
  const { 'x-basalt-user-id': userId = null, ...given } = headers
  const message = {
    method: request.method,
    url: target,
    path: request.path,
    query: Object.fromEntries(new URLSearchParams(request.query)),
    headers: given,
    ...bodyOf(bytes),
    user_id: userId,
  }
  return Buffer.from(JSON.stringify(message))
}

/** Text as it is; what is none as base64. */
function bodyOf(
  bytes: Uint8Array,
): { readonly body: string | null } | { readonly body: null; readonly body_base64: string } {
  if (bytes.length === 0) return { body: null }
  try {
    return { body: strictUtf8.decode(bytes) }
  } catch {
    return { body: null, body_base64: Buffer.from(bytes).toString('base64') }
  }
}

/** `{ status?, headers?, body? | body_base64? }`; a body that is no text is answered as JSON. @throws CallFailure */
export function readAnswer(answer: ThreadAnswer): HttpResponse {
  const said = answer.stderr === '' ? '' : `\n${answer.stderr.slice(-2000)}`
  if (answer.kind === 'limit') throw new CallFailure('limit', answer.message)
  if (answer.kind === 'trap') throw new CallFailure('fault', `${answer.message}${said}`)
  if (answer.code !== 0) throw new CallFailure('fault', `It exited with code ${answer.code}${said}`)
  const message = parse(answer.stdout)
  const { status = 200, headers = {} } = message
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599)
    throw new CallFailure('fault', 'stdout: status is a number from 200 to 599')
  if (!isJsonObject(headers)) throw new CallFailure('fault', 'stdout: headers is an object')
  return response(status, textsOf(headers), message)
}

function parse(stdout: Uint8Array): JsonObject {
  try {
    const message: unknown = parseJson(strictUtf8.decode(stdout))
    if (isJsonObject(message)) return message
  } catch {
    // told below
  }
  throw new CallFailure(
    'fault',
    `stdout is no JSON object: ${Buffer.from(stdout.subarray(0, 200)).toString('utf8')}`,
  )
}

function textsOf(headers: JsonObject): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (typeof value === 'string' || typeof value === 'number')
      texts[name.toLowerCase()] = String(value)
  return texts
}

function response(
  status: number,
  headers: Record<string, string>,
  { body = null, body_base64: base64 }: JsonObject,
): HttpResponse {
  if (typeof base64 === 'string') return { status, headers, body: Buffer.from(base64, 'base64') }
  if (body === null) return { status, headers, body: null }
  if (typeof body === 'string') {
    headers['content-type'] ??= 'text/plain; charset=utf-8'
    return { status, headers, body }
  }
  headers['content-type'] ??= 'application/json'
  return { status, headers, body: JSON.stringify(body) }
}
