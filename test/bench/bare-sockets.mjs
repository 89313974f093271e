/** The plainest WebSocket server with `ws`, for realtime.mjs: answers joins, and sends what one client says to all others. */
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

const clients = new Set()
const server = createServer()
const webSockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false })

webSockets.on('connection', (socket) => {
  clients.add(socket)
  socket.on('close', () => clients.delete(socket))
  socket.on('message', (data) => {
    const text = data.toString('utf8')
    const [joinRef, ref, topic, event, payload] = JSON.parse(text)
    if (event === 'phx_join') {
      socket.send(
        JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }]),
      )
      return
    }
    const message = JSON.stringify([null, null, topic, event, payload])
    for (const client of clients) if (client !== socket) client.send(message)
  })
})

let next = 0

/** So many messages, each to the next client, as changes of rows go to their owners. */
process.on('message', ({ text, count }) => {
  const all = [...clients]
  for (let i = 0; i < count; i++) all[next++ % all.length].send(text)
})
server.listen(0, '127.0.0.1', 20_000, () => process.send(server.address().port))
process.on('disconnect', () => process.exit())
