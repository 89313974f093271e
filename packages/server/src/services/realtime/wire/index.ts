/** wire: messages of both protocol versions as values and as frames. No I/O. */
export {
  broadcastPayload,
  encodeBinaryBroadcast,
  encodeClose,
  encodePush,
  encodeReply,
} from './encode.ts'
export { parseMessage } from './message.ts'
export type { BinaryBroadcast, ClientMessage, Version } from './message.ts'
