/** api: Realtime over HTTP. */
export { broadcastBatch, broadcastOne } from './broadcast.ts'
export { streamEvents } from './events.ts'
export { connectionToken } from './token.ts'
