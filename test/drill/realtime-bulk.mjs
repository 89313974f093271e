/**
 * `npm run drill:realtime-bulk [-- rows]`: a transaction of 1,000,000 rows, two nodes over Redis, and on each node two who are
 * to have all of it, in order and once. Prints the memory of both. Exits 1 when something is missing or a node takes more
 * than 600 MB.
 */
import { readFileSync } from 'node:fs'
import WebSocket from 'ws'
import { createNode, findLeader, openGround, until } from './nodes.mjs'
import { anonKey } from './realtime-watch.mjs'

const rows = Number(process.argv[2] ?? 1_000_000)
const mostMb = 600
const ground = await openGround()
const nodes = []
const clients = []
let isWrong = false

/** Counts; what is not the next number is wrong. */
function listen(node) {
  const client = { node, next: 1, isReady: false }
  const url = `${node.url.replace('http', 'ws')}/realtime/v1/websocket?vsn=2.0.0&apikey=${anonKey}`
  client.socket = new WebSocket(url)
  client.socket.on('open', () => {
    const config = { postgres_changes: [{ event: 'INSERT', schema: 'public', table: 'n' }] }
    client.socket.send(JSON.stringify(['1', '1', 'realtime:n', 'phx_join', { config }]))
  })
  client.socket.on('message', (data) => {
    const text = data.toString('latin1')
    const at = text.indexOf('"record":{"id":')
    if (at === -1) client.isReady ||= text.includes('Subscribed to PostgreSQL')
    else if (Number.parseInt(text.slice(at + 15), 10) === client.next) client.next++
    else client.isOutOfOrder = true
  })
  client.beat = setInterval(() => client.socket.send('[null,"h","phoenix","heartbeat",{}]'), 20_000)
  client.socket.on('close', (code) => (client.closed = code))
  return client
}

const rssMb = ({ pid }) =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

try {
  for (const name of ['node-a', 'node-b']) nodes.push(await createNode(ground, name))
  await ground.script(`create table public.n (id int primary key, body text);
    grant select on public.n to anon; alter publication supabase_realtime add table public.n`)
  for (const node of nodes) clients.push(listen(node), listen(node))
  await until('all are subscribed', () => clients.every(({ isReady }) => isReady))
  const leader = await findLeader(ground)
  const before = nodes.map(rssMb)
  const most = [...before]
  const watch = setInterval(() => {
    nodes.forEach((node, i) => (most[i] = Math.max(most[i], rssMb(node))))
  }, 50)
  const began = performance.now()
  await ground.script(
    `insert into public.n select i, repeat('n', 100) from generate_series(1, ${rows}) as i`,
  )
  const insertedMs = performance.now() - began
  const isOver = () => clients.every(({ next, closed }) => next > rows || closed !== undefined)
  await until('all of it arrived', isOver, 600_000).catch(() => {})
  clearInterval(watch)
  const tookS = ((performance.now() - began) / 1000).toFixed(0)
  console.log(
    `${rows} rows in one transaction, inserted in ${(insertedMs / 1000).toFixed(0)} s, all there after ${tookS} s`,
  )
  nodes.forEach((node, i) => {
    const role = node.name === leader ? 'reads' : 'listens'
    if (most[i] > mostMb) isWrong = true
    console.log(
      `${node.name} (${role}): ${before[i].toFixed(0)} MB before, ${most[i].toFixed(0)} MB at most`,
    )
  })
  for (const { node, next, closed, isOutOfOrder } of clients) {
    const isAll = next === rows + 1 && isOutOfOrder !== true
    if (!isAll) isWrong = true
    console.log(
      `a client of ${node.name}: ${next - 1} in order${isAll ? '' : `: WRONG (closed ${closed}, out of order ${isOutOfOrder})`}`,
    )
  }
} finally {
  for (const { socket, beat } of clients) {
    clearInterval(beat)
    socket.terminate()
  }
  for (const node of nodes) await node.stop()
  await ground.close()
}
process.exitCode = isWrong ? 1 : 0
