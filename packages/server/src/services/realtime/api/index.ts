/** api: Realtime over HTTP. */
export { broadcastBatch, broadcastOne } from './broadcast.ts'
export { connectionToken } from './token.ts'
