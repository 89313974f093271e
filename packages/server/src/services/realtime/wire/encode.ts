/** Messages to clients as WebSocket frames. Payloads come as JSON text, so that one is written once for all who get it. */
import { parseJson } from '#base/kernel'
import { webSocketFrame } from '#base/service'
import type { BinaryBroadcast, ClientMessage, Version } from './message.ts'

const quote = (text: string | null): string => JSON.stringify(text)

/** `payload` is JSON text. */
export function encodePush(
  version: Version,
  topic: string,
  event: string,
  payload: string,
): Uint8Array {
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
  return webSocketFrame(
    version === '2.0.0'
      ? `[${quote(joinRef)},${quote(ref)},${quote(topic)},"phx_reply",${payload}]`
      : `{"topic":${quote(topic)},"event":"phx_reply","payload":${payload},"ref":${quote(ref)}}`,
  )
}

/** The end of a channel; clients know by the reference of its join which one is meant. */
export function encodeClose(version: Version, topic: string, joinRef: string | null): Uint8Array {
  const ref = quote(joinRef)
  return webSocketFrame(
    version === '2.0.0'
      ? `[${ref},${ref},${quote(topic)},"phx_close",{}]`
      : `{"topic":${quote(topic)},"event":"phx_close","payload":{},"ref":${ref}}`,
  )
}

const userBroadcast = 4
const maxFieldBytes = 255

/**
 * A broadcast that came in binary form, or whose payload is bytes. Null where a client cannot be told: version 1.0.0 has no
 * bytes, and names in binary frames end at 255 bytes.
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
