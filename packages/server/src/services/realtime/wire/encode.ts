/** Messages to clients as WebSocket frames or server-sent events. Payloads come as JSON text, so that one is written once for all who get it. */
import { parseJson } from '#base/kernel'
import { webSocketFrame } from '#base/service'
import type { BinaryBroadcast, ClientMessage, Version } from './message.ts'

const quote = (text: string | null): string => JSON.stringify(text)

/** `payload` is JSON text; `id` is known to server-sent events alone. */
export function encodePush(
  version: Version,
  topic: string,
  event: string,
  payload: string,
  id: string | null = null,
): Uint8Array {
  if (version === 'events') return encodeEvent(event, payload, id)
  return webSocketFrame(
    version === '2.0.0'
      ? `[null,null,${quote(topic)},${quote(event)},${payload}]`
      : `{"topic":${quote(topic)},"event":${quote(event)},"payload":${payload},"ref":null}`,
  )
}

/** `response` is JSON text. */
export function encodeReply(
  version: Version,
  { joinRef, ref, topic }: Pick<ClientMessage, 'joinRef' | 'ref' | 'topic'>,
  status: 'ok' | 'error',
  response: string,
): Uint8Array {
  const payload = `{"status":"${status}","response":${response}}`
  if (version === 'events')
    return topic === 'phoenix' ? heartbeatComment : encodeEvent('phx_reply', payload, null)
  return webSocketFrame(
    version === '2.0.0'
      ? `[${quote(joinRef)},${quote(ref)},${quote(topic)},"phx_reply",${payload}]`
      : `{"topic":${quote(topic)},"event":"phx_reply","payload":${payload},"ref":${quote(ref)}}`,
  )
}

/** The end of a channel; clients know by the reference of its join which one is meant. */
export function encodeClose(version: Version, topic: string, joinRef: string | null): Uint8Array {
  const ref = quote(joinRef)
  if (version === 'events') return encodeEvent('phx_close', '{}', null)
  return webSocketFrame(
    version === '2.0.0'
      ? `[${ref},${ref},${quote(topic)},"phx_close",{}]`
      : `{"topic":${quote(topic)},"event":"phx_close","payload":{},"ref":${ref}}`,
  )
}

/** So that nobody on the way takes the connection for dead. */
const heartbeatComment = Buffer.from(':\n\n')

/** In JSON a line's end stands between values alone. */
function encodeEvent(event: string, payload: string, id: string | null): Uint8Array {
  const head = id === null ? '' : `id: ${id}\n`
  return Buffer.from(`${head}event: ${event}\ndata: ${payload.replaceAll(/[\r\n]+/g, ' ')}\n\n`)
}

const userBroadcast = 4
const maxFieldBytes = 255

/**
 * A broadcast that came in binary form, or whose payload is bytes. Null where a client cannot be told: version 1.0.0 and events
 * have no bytes, and names in binary frames end at 255 bytes.
 */
export function encodeBinaryBroadcast(
  version: Version,
  topic: string,
  broadcast: BinaryBroadcast,
): Uint8Array | null {
  if (version === '2.0.0') return encodeUserBroadcast(topic, broadcast)
  if (!broadcast.isJson) return null
  const payload = new TextDecoder().decode(broadcast.bytes)
  // it is about to stand inside JSON
  if (!isJson(payload) || (broadcast.metadata !== '' && !isJson(broadcast.metadata))) return null
  return encodePush(version, topic, 'broadcast', broadcastPayload(broadcast, payload))
}

/** `{"event":…,"payload":…,"type":"broadcast"}`, with `meta` where there is some; `payload` is JSON text. */
export function broadcastPayload(
  { event, metadata }: Pick<BinaryBroadcast, 'event' | 'metadata'>,
  payload: string,
): string {
  const meta = metadata === '' ? '' : `,"meta":${metadata}`
  return `{"event":${quote(event)},"payload":${payload},"type":"broadcast"${meta}}`
}

function isJson(text: string): boolean {
  try {
    parseJson(text)
    return true
  } catch {
    return false
  }
}

function encodeUserBroadcast(
  topic: string,
  { event, metadata, isJson, bytes }: BinaryBroadcast,
): Uint8Array | null {
  const fields = [topic, event, metadata].map((field) => Buffer.from(field, 'utf8'))
  if (fields.some(({ length }) => length > maxFieldBytes)) return null
  const lengths = fields.map(({ length }) => length)
  const head = Buffer.from([userBroadcast, ...lengths, isJson ? 1 : 0])
  return webSocketFrame(Buffer.concat([head, ...fields, bytes]))
}
