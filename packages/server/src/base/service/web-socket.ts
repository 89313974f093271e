/** A WebSocket as a service sees it, whoever speaks the protocol. */
import type { HttpResponse } from '#base/http'

export interface WebSocketConnection {
  /** Bytes that are written and not yet taken by the network. */
  readonly queuedBytes: number
  /** Writes whole frames, made by `webSocketFrame`; what is written in one turn of the event loop goes out together. */
  write(frame: Uint8Array): void
  /** Says good-bye; the connection is cut when the client does not answer. */
  close(code: number, reason: string): void
  /** Takes no more messages in until `resume`. */
  pause(): void
  resume(): void
  /** Text, or the bytes of a binary message. */
  onMessage(listener: (message: string | Uint8Array) => void): void
  /** Called once. */
  onClose(listener: () => void): void
}

/** The answer to a handshake: a refusal, or what becomes of the connection. */
export type Upgrade =
  | { readonly refusal: HttpResponse }
  | {
      readonly accept: (connection: WebSocketConnection) => void
      /** Called in its place where the client went away, or its handshake was none. */
      readonly abandon?: () => void
      /** The subprotocol that was chosen of those the client offers; without a word its first. */
      readonly protocol?: string
    }

const longest16 = 0xffff

/** The frame of a message from a server (RFC 6455 section 5.2): the same bytes for every client. */
export function webSocketFrame(message: string | Uint8Array): Uint8Array {
  const isText = typeof message === 'string'
  const bytes = isText ? Buffer.from(message, 'utf8') : message
  const { length } = bytes
  const headBytes = length < 126 ? 2 : length <= longest16 ? 4 : 10
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame[0] = isText ? 0x81 : 0x82
  if (headBytes === 2) frame[1] = length
  else if (headBytes === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.set(bytes, headBytes)
  return frame
}
