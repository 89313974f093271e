/** Messages of the Realtime protocol, version 2.0.0: arrays of JSON, and broadcasts as binary frames. */

export interface Frame {
  readonly ref: string | null
  readonly topic: string
  readonly event: string
  readonly payload: unknown
}

export const encodeFrame = (
  joinRef: string | null,
  ref: string,
  topic: string,
  event: string,
  payload: unknown,
): string => JSON.stringify([joinRef, ref, topic, event, payload])

const userBroadcast = 4
const jsonEncoding = 1

/** Null for what is not understood. */
export function decodeFrame(data: unknown): Frame | null {
  try {
    if (data instanceof ArrayBuffer) return decodeBroadcast(new Uint8Array(data))
    const [, ref, topic, event, payload] = JSON.parse(String(data)) as unknown[]
    if (typeof topic !== 'string' || typeof event !== 'string') return null
    return { ref: typeof ref === 'string' ? ref : null, topic, event, payload }
  } catch {
    return null
  }
}

/** Kind, lengths of topic, event and metadata, encoding; then those, then what was sent. */
function decodeBroadcast(bytes: Uint8Array): Frame | null {
  const [kind, topicLength = 0, eventLength = 0, metaLength = 0, encoding] = bytes
  if (kind !== userBroadcast) return null
  const decoder = new TextDecoder()
  const topicEnd = 5 + topicLength
  const eventEnd = topicEnd + eventLength
  const rest = bytes.subarray(eventEnd + metaLength)
  const payload: unknown =
    encoding === jsonEncoding ? JSON.parse(decoder.decode(rest)) : `${rest.length} bytes`
  return {
    ref: null,
    topic: decoder.decode(bytes.subarray(5, topicEnd)),
    event: 'broadcast',
    payload: {
      type: 'broadcast',
      event: decoder.decode(bytes.subarray(topicEnd, eventEnd)),
      payload,
    },
  }
}
