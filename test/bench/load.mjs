/** A load generator: keep-alive connections on raw sockets, one request in flight on each; prints one JSON line. Runs as a process of its own. */
import { connect } from 'node:net'
import { quantile } from './quantile.mjs'

/**
 * Standard input: { host, port, connections, seconds, requests: string[] } where each request is the raw bytes to send.
 * Answers must have a content-length and their head in one piece. Prints { requests, errors, seconds, p50, p99, cpuUs }
 * with latencies in ms and its own processor time. What it does for a request is taken from what it measures: reads into one buffer, no streams.
 */
let input = ''
for await (const chunk of process.stdin) input += chunk
const plan = JSON.parse(input)
const latencies = []
let errors = 0
let next = 0
let stopping = false

const endOfHead = Buffer.from('\r\n\r\n')
const lengthName = Buffer.from('content-length: ')
const two = 0x32

/** Bytes of the answer that `bytes` begins, head and body. */
function answerLength(bytes) {
  let at = bytes.indexOf(lengthName) + lengthName.length
  let length = 0
  for (; bytes[at] >= 0x30 && bytes[at] <= 0x39; at++) length = length * 10 + bytes[at] - 0x30
  return bytes.indexOf(endOfHead, at) + endOfHead.length + length
}

function client() {
  return new Promise((resolve) => {
    let missing = 0
    let sentAt = 0
    const receive = (count, buffer) => {
      if (missing === 0) {
        const bytes = buffer.subarray(0, count)
        // the first digit of the status: HTTP/1.1 200
        if (bytes[9] !== two) errors++
        missing = answerLength(bytes)
      }
      missing -= count
      if (missing > 0) return
      latencies.push(performance.now() - sentAt)
      send()
    }
    const socket = connect({
      host: plan.host,
      port: plan.port,
      noDelay: true,
      onread: { buffer: Buffer.allocUnsafe(65_536), callback: receive },
    })
    const send = () => {
      if (stopping) return socket.end()
      sentAt = performance.now()
      socket.write(plan.requests[next++ % plan.requests.length], 'latin1')
    }
    socket.on('connect', send)
    socket.on('error', () => errors++)
    socket.on('close', resolve)
  })
}

const cpu = process.cpuUsage()
const started = performance.now()
setTimeout(() => (stopping = true), plan.seconds * 1000)
await Promise.all(Array.from({ length: plan.connections }, client))
const seconds = (performance.now() - started) / 1000
const { user, system } = process.cpuUsage(cpu)
latencies.sort((a, b) => a - b)
const at = (share) => quantile(latencies, share)
console.log(
  JSON.stringify({
    requests: latencies.length,
    errors,
    seconds,
    p50: at(0.5),
    p99: at(0.99),
    cpuUs: user + system,
  }),
)
