/**
 * WebSocket clients on raw sockets, for realtime.mjs: a process of its own that is told what to do by messages. It counts what
 * arrives; of every 16th socket it looks into each message for the time it was sent (`"at":<ms>`, or `commit_timestamp`).
 */
import { connect } from 'node:net'
import { quantile } from './quantile.mjs'

const sampled = 16
/** Answers to heartbeats are no longer than this. */
const heartbeatBytes = 80
const sockets = []
let onFull = null
const seen = { messages: 0, replies: 0, systems: 0, errors: 0, closed: 0, firstError: null }
let latencies = []
/** While joining, everything is read; while counting, most is passed over. */
let readsAll = true

const now = () => performance.timeOrigin + performance.now()

class Client {
  constructor(index, port, path) {
    this.index = index
    this.skip = 0
    this.rest = null
    this.ref = 0
    this.isOpen = false
    this.socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: { buffer: shared, callback: (count, buffer) => this.receive(count, buffer) },
    })
    this.opened = new Promise((resolve, reject) => {
      this.onOpen = resolve
      this.socket.once('error', reject)
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => seen.closed++)
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    )
  }

  send(...texts) {
    this.socket.write(Buffer.concat(texts.map(maskedFrame)))
  }

  receive(count, buffer) {
    let at = 0
    let bytes = buffer
    let end = count
    if (this.rest !== null) {
      bytes = Buffer.concat([this.rest, buffer.subarray(0, count)])
      end = bytes.length
      this.rest = null
    }
    if (!this.isOpen) {
      const headEnd = bytes.subarray(0, end).indexOf('\r\n\r\n')
      if (headEnd === -1) return this.keep(bytes, 0, end)
      if (bytes[9] !== 0x31) seen.firstError ??= bytes.toString('latin1', 0, end)
      this.isOpen = true
      this.onOpen()
      at = headEnd + 4
    }
    at += this.skip
    this.skip = 0
    const isWhole = readsAll || this.index % sampled === 0
    while (at < end) {
      if (end - at < 2) return this.keep(bytes, at, end)
      const short = bytes[at + 1] & 0x7f
      const head = short < 126 ? 2 : short === 126 ? 4 : 10
      if (end - at < head) return this.keep(bytes, at, end)
      const length =
        short < 126
          ? short
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : Number(bytes.readBigUInt64BE(at + 2))
      if (isWhole) {
        if (end - at < head + length) return this.keep(bytes, at, end)
        read(bytes.latin1Slice(at + head, at + head + length))
      } else if (length > heartbeatBytes) seen.messages++
      at += head + length
    }
    this.skip = at - end
    onFull?.()
  }

  keep(bytes, at, end) {
    this.rest = Buffer.from(bytes.subarray(at, end))
    onFull?.()
  }
}

const shared = Buffer.allocUnsafe(262_144)

function read(text) {
  if (text.includes('"phoenix"')) return
  if (text.includes('"phx_reply"')) {
    seen.replies++
    if (text.includes('"status":"error"')) fail(text)
    return
  }
  if (text.includes('"system"')) {
    seen.systems++
    if (text.includes('"status":"error"')) fail(text)
    return
  }
  if (text.includes('"presence_state"')) return
  seen.messages++
  const at = text.indexOf('"at":')
  if (at !== -1) latencies.push(now() - parseFloat(text.slice(at + 5, at + 24)))
  else {
    const stamp = text.indexOf('"commit_timestamp":"')
    if (stamp !== -1) latencies.push(now() - Date.parse(text.slice(stamp + 20, stamp + 44)))
  }
}

function fail(text) {
  seen.errors++
  seen.firstError ??= text
}

/** With a mask of zeros the payload stays what it is. */
function maskedFrame(text) {
  const payload = Buffer.from(text)
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 6 : 8)
  head[0] = 0x81
  if (length < 126) head[1] = 0x80 | length
  else {
    head[1] = 0x80 | 126
    head.writeUInt16BE(length, 2)
  }
  return Buffer.concat([head, payload])
}

function until(isReached, limitMs = 120_000) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      onFull = null
      reject(new Error(`not reached: ${JSON.stringify(seen)}`))
    }, limitMs)
    const look = () => {
      if (!isReached()) return
      clearTimeout(timer)
      onFull = null
      resolve()
    }
    onFull = look
    look()
  })
}

const operations = {
  /** Returns ms. `paths` one for each, or one for all. */
  async connect({ port, paths, count }) {
    const started = now()
    for (let i = 0; i < count; i += 100) {
      const some = Array.from(
        { length: Math.min(100, count - i) },
        (_, k) => new Client(i + k, port, paths[(i + k) % paths.length]),
      )
      sockets.push(...some)
      await Promise.all(some.map(({ opened }) => opened))
    }
    return { ms: now() - started, firstError: seen.firstError }
  },

  /** Each socket joins one topic, so many at once; with changes it waits for these as well. Returns ms. */
  async join({ payloads, topics, atOnce, wantsSystem = false }) {
    const started = now()
    seen.replies = seen.systems = 0
    let sent = 0
    const one = () => {
      const client = sockets[sent]
      const topic = topics[sent % topics.length]
      const payload = payloads[sent % payloads.length]
      client.topic = topic
      client.send(`["1","${++client.ref}","${topic}","phx_join",${payload}]`)
      sent++
    }
    const answered = () => (wantsSystem ? Math.min(seen.replies, seen.systems) : seen.replies)
    await until(() => {
      while (sent < sockets.length && sent - answered() < atOnce) one()
      return answered() >= sockets.length
    })
    return { ms: now() - started, errors: seen.errors, firstError: seen.firstError }
  },

  /** One socket sends bursts to all of its topic; the next when all have heard all but `ahead` of those before. */
  async fanOut({ seconds, burst, ahead }) {
    begin()
    const [speaker] = sockets
    const perBurst = burst * (sockets.length - 1)
    const started = now()
    let bursts = 0
    await until(() => {
      while (now() - started < seconds * 1000 && seen.messages >= (bursts - ahead) * perBurst) {
        speak(speaker, burst)
        bursts++
      }
      return now() - started >= seconds * 1000 && seen.messages >= bursts * perBurst
    })
    return outcome(now() - started)
  },

  /** The same at a given rate of bursts. */
  async fanOutAt({ seconds, burst, everyMs }) {
    begin()
    const [speaker] = sockets
    const perBurst = burst * (sockets.length - 1)
    const bursts = Math.round((seconds * 1000) / everyMs)
    const started = now()
    for (let i = 0; i < bursts; i++) {
      const waitMs = started + i * everyMs - now()
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs))
      speak(speaker, burst)
    }
    await until(() => seen.messages >= bursts * perBurst)
    return outcome(now() - started)
  },

  /** Realtime closes connections that are silent for a minute. */
  keepAlive() {
    setInterval(() => {
      for (const client of sockets) client.send('[null,"h","phoenix","heartbeat",{}]')
    }, 20_000).unref()
    return null
  },
  count() {
    begin()
    return null
  },
  readAll() {
    begin()
    readsAll = true
    return null
  },
  async counted({ messages, limitMs }) {
    let isWhole = true
    await until(() => seen.messages >= messages, limitMs).catch(() => (isWhole = false))
    return { ...outcome(1), isWhole }
  },
  seen() {
    return { ...seen }
  },
  close() {
    for (const { socket } of sockets.splice(0)) socket.destroy()
    return null
  },
}

function speak(speaker, burst) {
  const filler = 'x'.repeat(200)
  const texts = Array.from(
    { length: burst },
    () =>
      `["1","${++speaker.ref}","${speaker.topic}","broadcast",{"type":"broadcast","event":"e","payload":{"at":${now().toFixed(3)},"filler":"${filler}"}}]`,
  )
  speaker.send(...texts)
}

function begin() {
  Object.assign(seen, { messages: 0, replies: 0, systems: 0, errors: 0, firstError: null })
  latencies = []
  readsAll = false
}

function outcome(ms) {
  latencies.sort((a, b) => a - b)
  const { messages, errors, firstError, closed } = seen
  return {
    messages,
    errors,
    firstError,
    closed,
    perSecond: messages / (ms / 1000),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
}

async function answer({ id, operation, plan }) {
  try {
    process.send({ id, result: await operations[operation](plan) })
  } catch (error) {
    process.send({ id, error: String(error) })
  }
}

process.on('message', (asked) => void answer(asked))
process.on('disconnect', () => process.exit())
