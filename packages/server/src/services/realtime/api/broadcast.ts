/** Broadcasts over HTTP: a batch of JSON messages, or one message of JSON or bytes. */
import { emptyResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { TooMuchJson, parseJson } from '#base/kernel'
import type { Scope } from '#base/service'
import { isReadOnlyKey } from '#base/token'
import type { RealtimeRuntime } from '#services/realtime/channel'
import { mayWrite, readToken, realtimeErrors } from '#services/realtime/core'
import type { Member } from '#services/realtime/core'
import { broadcastPayload } from '#services/realtime/wire'
import { tokenOf } from './token.ts'

const blank = ["can't be blank"]

interface Message {
  readonly topic: string
  readonly event: string
  /** JSON text. */
  readonly payload: string
  readonly isPrivate: boolean
}

/** `POST /api/broadcast` `{"messages":[{"topic","event","payload","private"?}]}` → 202; private ones the caller may not send are left out. */
export async function broadcastBatch(
  runtime: RealtimeRuntime,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  const member = readMember(runtime, scope, request)
  const body = parseBody(await request.body.read(maxBytes(runtime) * 2))
  const messages = parseMessages(runtime, body)
  const limit = runtime.project.config['realtime.max_events_per_second']
  if (messages.length > limit * 10) throw realtimeErrors.TooManyMessages()
  count(runtime, messages.length)
  const asked = new Map<string, Promise<boolean>>()
  const may = (topic: string): Promise<boolean> => {
    const known = asked.get(topic) ?? mayWrite(runtime.project, member, topic, 'broadcast')
    asked.set(topic, known)
    return known
  }
  for (const { topic, event, payload, isPrivate } of messages) {
    if (isPrivate && !(await may(topic))) continue
    const text = broadcastPayload({ event, metadata: '' }, payload)
    runtime.hub.broadcastText(topic, isPrivate, text)
  }
  return emptyResponse(202, rateHeaders(runtime))
}

/** `POST /api/broadcast/:topic/events/:event?private=true` → 202. */
export async function broadcastOne(
  runtime: RealtimeRuntime,
  scope: Scope,
  request: HttpRequest,
  { topic, event }: { readonly topic: string; readonly event: string },
): Promise<HttpResponse> {
  const member = readMember(runtime, scope, request)
  const isPrivate = new URLSearchParams(request.query).get('private') === 'true'
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const isBytes = type === 'application/octet-stream'
  if (!isBytes && type !== '' && type !== 'application/json')
    throw realtimeErrors.UnsupportedMediaType()
  const bytes = await request.body.read(maxBytes(runtime))
  const payload = isBytes ? null : JSON.stringify(parseObject(bytes))
  count(runtime, 1)
  if (isPrivate && !(await mayWrite(runtime.project, member, topic, 'broadcast')))
    throw realtimeErrors.MayNotWrite()
  const { hub } = runtime
  const head = { event, metadata: '' }
  if (payload === null) hub.broadcastBinary(topic, isPrivate, { ...head, isJson: false, bytes })
  else hub.broadcastText(topic, isPrivate, broadcastPayload(head, payload))
  return emptyResponse(202, rateHeaders(runtime))
}

function readMember({ project }: RealtimeRuntime, scope: Scope, request: HttpRequest): Member {
  const token = tokenOf(project, request, scope)
  if (token === null) throw realtimeErrors.Unauthorized()
  const reading = readToken(project, token)
  if (!reading.ok) throw realtimeErrors.Unauthorized()
  if (isReadOnlyKey(reading.member.claims)) throw realtimeErrors.MayNotWrite()
  return reading.member
}

function count(runtime: RealtimeRuntime, messages: number): void {
  const limit = runtime.project.config['realtime.max_events_per_second']
  if (runtime.events.isOver(limit, messages)) throw realtimeErrors.TooManyEvents()
}

function rateHeaders({ project, events }: RealtimeRuntime): Record<string, string> {
  const limit = project.config['realtime.max_events_per_second']
  const rolling = events.perSecond
  return {
    'x-rate-rolling': String(rolling),
    'x-rate-limit': String(limit),
    'x-rate-limit-remaining': String(Math.max(0, limit - rolling)),
  }
}

function parseBody(bytes: Uint8Array): Record<string, unknown> {
  const value = read(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unprocessable({ messages: blank })
  return value as Record<string, unknown>
}

function parseObject(bytes: Uint8Array): unknown {
  const value = read(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unprocessable({ payload: blank })
  return value
}

function read(bytes: Uint8Array): unknown {
  try {
    return parseJson(new TextDecoder().decode(bytes))
  } catch (error) {
    if (error instanceof TooMuchJson) throw unprocessable({ body: [error.message] })
    return null
  }
}

function parseMessages(runtime: RealtimeRuntime, body: Record<string, unknown>): Message[] {
  const { messages } = body
  if (!Array.isArray(messages) || messages.length === 0) throw unprocessable({ messages: blank })
  const problems = messages.map((message) => problemsOf(runtime, message))
  if (problems.some((found) => Object.keys(found).length > 0))
    throw unprocessable({ messages: problems })
  return (messages as Record<string, unknown>[]).map((message) => ({
    topic: String(message['topic']),
    event: String(message['event']),
    payload: JSON.stringify(message['payload']),
    isPrivate: message['private'] === true || message['private'] === 'true',
  }))
}

function problemsOf(runtime: RealtimeRuntime, message: unknown): Record<string, string[]> {
  const given = (typeof message === 'object' && message !== null ? message : {}) as Record<
    string,
    unknown
  >
  const found: Record<string, string[]> = {}
  for (const field of ['topic', 'event'])
    if (given[field] === undefined || given[field] === null || given[field] === '')
      found[field] = blank
    else if (typeof given[field] !== 'string') found[field] = ['is invalid']
  const { payload } = given
  if (payload === undefined || payload === null) found['payload'] = blank
  else if (typeof payload !== 'object' || Array.isArray(payload)) found['payload'] = ['is invalid']
  else if (Buffer.byteLength(JSON.stringify(payload)) > maxBytes(runtime))
    found['payload'] = ['Payload size exceeds tenant limit']
  return found
}

function unprocessable(problems: object): Error {
  return realtimeErrors.UnprocessableEntity({ problems: JSON.stringify(problems) })
}

function maxBytes({ project }: RealtimeRuntime): number {
  return project.config['realtime.max_payload_size_in_kb'] * 1000 + 500
}
