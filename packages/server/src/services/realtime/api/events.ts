/** A channel as server-sent events, for clients behind what breaks WebSockets: the same join, the same limits, nothing to send. */
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Scope } from '#base/service'
import { RealtimeSocket } from '#services/realtime/channel'
import type { RealtimeRuntime } from '#services/realtime/channel'
import { readToken, realtimeErrors } from '#services/realtime/core'
import { EventStream } from './event-stream.ts'
import { connectionToken } from './token.ts'

/**
 * `GET /events?topic=room&private=true&presence=true&changes={"event":"*","table":"todos"}&after=…` → 200 and a stream.
 * `Last-Event-ID` wins over `after`.
 */
export async function streamEvents(
  runtime: RealtimeRuntime,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  const accept = request.headers['accept'] ?? '*/*'
  if (!/text\/(event-stream|\*)|\*\/\*/.test(accept)) throw realtimeErrors.EventsNotAcceptable()
  const query = new URLSearchParams(request.query)
  const token = tokenOf(runtime, request)
  const payload = joinOf(query, request, scope)
  const stream = new EventStream()
  void new RealtimeSocket(runtime, stream, { version: 'events', token })
  scope.cancellation.onCancel(() => stream.abandon())
  stream.say(`realtime:${query.get('topic') ?? ''}`, 'phx_join', payload)
  const reply = parseReply(await stream.first)
  if (reply.status === 'ok')
    return {
      status: 200,
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        'x-accel-buffering': 'no',
      },
      body: stream,
    }
  stream.abandon()
  throw refusal(reply.response?.reason ?? 'Unknown Error on Channel')
}

function tokenOf({ project }: RealtimeRuntime, request: HttpRequest): string {
  const token = connectionToken(project, request)
  if (token === null) throw realtimeErrors.ApiKeyMissing()
  const reading = readToken(project, token)
  if (!reading.ok) throw realtimeErrors.TokenRefused({ message: reading.message })
  return token
}

/** The payload of a join as a WebSocket would send it. */
function joinOf(query: URLSearchParams, request: HttpRequest, { authentication }: Scope): unknown {
  if (!authentication.ok)
    throw realtimeErrors.EventsUnauthorized({ reason: authentication.message })
  const after = request.headers['last-event-id'] ?? query.get('after')
  const replay = query.get('replay')
  const config = {
    private: query.get('private') === 'true',
    presence: { enabled: query.get('presence') === 'true' },
    broadcast: replay === null ? {} : { replay: parseJson('replay', replay) },
    postgres_changes: query.getAll('changes').flatMap((text) => parseJson('changes', text)),
    resume: { after: after === '' ? null : after },
  }
  const token = query.get('access_token') ?? authentication.token
  return token === null ? { config } : { config, access_token: token }
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw realtimeErrors.EventsInvalid({ reason: `The parameter \`${name}\` is not JSON` })
  }
}

interface Reply {
  readonly status?: string
  readonly response?: { readonly reason?: string }
}

/** The answer to the join comes before everything else. */
function parseReply(chunk: Uint8Array | null): Reply {
  const text = chunk === null ? '' : Buffer.from(chunk).toString('utf8')
  const [, data] = /^event: phx_reply\ndata: (.*)\n\n$/s.exec(text) ?? []
  return data === undefined ? {} : (JSON.parse(data) as Reply)
}

function refusal(reason: string): Error {
  const code = reason.slice(0, reason.indexOf(':'))
  if (/JWT|Jwt/.test(code)) return realtimeErrors.EventsUnauthorized({ reason })
  if (/^(Unauthorized|PrivateOnly)$/.test(code)) return realtimeErrors.EventsForbidden({ reason })
  if (code.endsWith('RateLimitReached')) return realtimeErrors.EventsLimited({ reason })
  if (/^(TopicNameRequired|UnableToReplayMessages)$/.test(code))
    return realtimeErrors.EventsInvalid({ reason })
  return realtimeErrors.EventsUnavailable({ reason })
}
