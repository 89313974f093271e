/** What nodes tell each other of a topic, as bytes: a kind, then the broadcast or JSON. Null for what is none. */
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import type { BinaryBroadcast } from '#services/realtime/wire'

/** A member of a topic on the node that tells it. */
export interface ToldMember {
  readonly id: number
  readonly key: string
  readonly ref: string
  readonly payload: JsonObject
}

export type NodeMessage =
  | { readonly kind: 'text'; readonly payload: string }
  | { readonly kind: 'binary'; readonly broadcast: BinaryBroadcast }
  /** `isWhole`: the node has no other members in this topic. */
  | {
      readonly kind: 'presence'
      readonly node: string
      readonly isWhole: boolean
      readonly members: readonly ToldMember[]
      readonly gone: readonly number[]
    }

const kinds = { text: 1, binary: 2, presence: 3 } as const

export function encodeText(payload: string): Uint8Array {
  return withKind(kinds.text, Buffer.from(payload, 'utf8'))
}

/** The lengths of event and metadata, whether it is JSON, then the three. */
export function encodeBinary({ event, metadata, isJson, bytes }: BinaryBroadcast): Uint8Array {
  const fields = [Buffer.from(event, 'utf8'), Buffer.from(metadata, 'utf8')] as const
  const head = Buffer.alloc(9)
  fields.forEach(({ length }, i) => head.writeUInt32BE(length, i * 4))
  head[8] = isJson ? 1 : 0
  return withKind(kinds.binary, head, ...fields, bytes)
}

export function encodePresence(
  message: Omit<Extract<NodeMessage, { kind: 'presence' }>, 'kind'>,
): Uint8Array {
  return withKind(kinds.presence, Buffer.from(JSON.stringify(message), 'utf8'))
}

function withKind(kind: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.from([kind]), ...parts])
}

export function decodeNodeMessage(message: Uint8Array): NodeMessage | null {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
  const body = bytes.subarray(1)
  if (bytes[0] === kinds.text) return decodeText(body)
  if (bytes[0] === kinds.binary) return decodeBinary(body)
  return bytes[0] === kinds.presence ? decodePresence(body) : null
}

/** It will stand inside JSON. */
function decodeText(body: Buffer): NodeMessage | null {
  const payload = body.toString('utf8')
  return parse(payload) === undefined ? null : { kind: 'text', payload }
}

function decodeBinary(body: Buffer): NodeMessage | null {
  if (body.length < 9) return null
  const eventEnd = 9 + body.readUInt32BE(0)
  const metadataEnd = eventEnd + body.readUInt32BE(4)
  if (metadataEnd > body.length) return null
  const event = body.toString('utf8', 9, eventEnd)
  const metadata = body.toString('utf8', eventEnd, metadataEnd)
  const broadcast = { event, metadata, isJson: body[8] === 1, bytes: body.subarray(metadataEnd) }
  return { kind: 'binary', broadcast }
}

function decodePresence(body: Buffer): NodeMessage | null {
  const value = parse(body.toString('utf8'))
  if (!isJsonObject(value)) return null
  const { node, isWhole, members, gone } = value
  if (typeof node !== 'string' || !Array.isArray(members) || !Array.isArray(gone)) return null
  return {
    kind: 'presence',
    node,
    isWhole: isWhole === true,
    members: (members as unknown[]).filter(isMember),
    gone: (gone as unknown[]).filter((id): id is number => typeof id === 'number'),
  }
}

function isMember(value: unknown): value is ToldMember {
  if (!isJsonObject(value)) return false
  const { id, key, ref, payload } = value
  return (
    typeof id === 'number' &&
    typeof key === 'string' &&
    typeof ref === 'string' &&
    isJsonObject(payload)
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
