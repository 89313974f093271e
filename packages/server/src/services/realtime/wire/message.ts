/** Messages of the Phoenix channel protocol: 1.0.0 are JSON objects, 2.0.0 are arrays, with binary frames for broadcasts. */

import { TooMuchJson, parseJson } from '#base/kernel'

/** `events` are server-sent events, of which nothing comes back. */
export type Version = '1.0.0' | '2.0.0' | 'events'

export interface ClientMessage {
  readonly joinRef: string | null
  readonly ref: string | null
  readonly topic: string
  readonly event: string
  readonly payload: unknown
  /** A broadcast in binary form: its payload is relayed as the bytes it came in. */
  readonly broadcast?: BinaryBroadcast
}

export interface BinaryBroadcast {
  readonly event: string
  /** JSON text, or empty. */
  readonly metadata: string
  readonly isJson: boolean
  readonly bytes: Uint8Array
}

/**
 * Null for anything that is no message: such frames are let pass in silence.
 * @throws TooMuchJson
 */
export function parseMessage(frame: string | Uint8Array, version: Version): ClientMessage | null {
  if (typeof frame !== 'string') return version === '2.0.0' ? parseBinary(frame) : null
  let value: unknown
  try {
    value = parseJson(frame)
  } catch (error) {
    if (error instanceof TooMuchJson) throw error
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  if (Array.isArray(value) !== (version === '2.0.0')) return null
  const [joinRef, ref, topic, event, payload] = Array.isArray(value)
    ? (value as unknown[])
    : fieldsOf(value as Record<string, unknown>)
  if (typeof topic !== 'string' || typeof event !== 'string') return null
  if (ref === undefined || payload === undefined) return null
  return { joinRef: parseRef(joinRef), ref: parseRef(ref), topic, event, payload }
}

function fieldsOf(message: Record<string, unknown>): unknown[] {
  const { join_ref: joinRef, ref, topic, event, payload } = message
  return [joinRef, ref, topic, event, payload]
}

function parseRef(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : null
}

const userBroadcastPush = 3

/** `03`, lengths of join_ref, ref, topic, event and metadata, 0 (bytes) or 1 (JSON), then the fields and the payload. */
function parseBinary(frame: Uint8Array): ClientMessage | null {
  if (frame[0] !== userBroadcastPush || frame.length < 7) return null
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  let at = 7
  const fields = Array.from({ length: 5 }, (_, i) => {
    const start = at
    at += bytes[i + 1] as number
    return bytes.toString('utf8', start, at)
  })
  if (at > bytes.length) return null
  const [joinRef = '', ref = '', topic = '', event = '', metadata = ''] = fields
  const isJson = bytes[6] === 1
  const broadcast = { event, metadata, isJson, bytes: bytes.subarray(at) }
  return {
    joinRef: joinRef === '' ? null : joinRef,
    ref: ref === '' ? null : ref,
    topic,
    event: 'broadcast',
    payload: {},
    broadcast,
  }
}
