/** A load generator: keep-alive connections on raw sockets, one request in flight on each; prints one JSON line. Runs as a process of its own. */
import { connect } from 'node:net'

/**
 * Standard input: { host, port, connections, seconds, requests: string[] } where each request is the raw bytes to send.
 * Answers must have a content-length. Prints { requests, errors, seconds, p50, p99 } with latencies in ms.
 */
let input = ''
for await (const chunk of process.stdin) input += chunk
const plan = JSON.parse(input)
const payloads = plan.requests.map((text) => Buffer.from(text))
const latencies = []
let errors = 0
let next = 0
let stopping = false

function client() {
  return new Promise((resolve) => {
    const socket = connect({ host: plan.host, port: plan.port, noDelay: true })
    let pending = Buffer.alloc(0)
    let sentAt = 0
    const send = () => {
      if (stopping) return socket.end()
      sentAt = performance.now()
      socket.write(payloads[next++ % payloads.length])
    }
    socket.on('connect', send)
    socket.on('data', (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      const headEnd = pending.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const head = pending.latin1Slice(0, headEnd)
      const length = /content-length: (\d+)/i.exec(head)
      const total = headEnd + 4 + Number(length?.[1] ?? 0)
      if (pending.length < total) return
      pending = pending.subarray(total)
      latencies.push(performance.now() - sentAt)
      if (!head.startsWith('HTTP/1.1 2')) errors++
      send()
    })
    socket.on('error', () => errors++)
    socket.on('close', resolve)
  })
}

const started = performance.now()
setTimeout(() => (stopping = true), plan.seconds * 1000)
await Promise.all(Array.from({ length: plan.connections }, client))
const seconds = (performance.now() - started) / 1000
latencies.sort((a, b) => a - b)
const at = (q) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0
console.log(
  JSON.stringify({ requests: latencies.length, errors, seconds, p50: at(0.5), p99: at(0.99) }),
)
