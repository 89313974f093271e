/**
 * Bare Postgres for `npm run bench -- fleet`: the statements of a request as the node sends them, prepared, in one pipeline,
 * on one connection a database, with nothing in front: no HTTP, no routing, no pools. A process of its own.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { cpuOf } from './cpu-time.mjs'

const script = fileURLToPath(import.meta.url)

/**
 * { urls, callers, seconds, postgres, statements: [{ text, values, variable }] }; `variable` is the place of the value that
 * changes, or null; `postgres` is the server's process. Resolves with { requests, seconds, clientUs, postgresUs }: CPU of the
 * process that asks and of Postgres, for a request. What a new backend has to learn first is not measured.
 */
export async function runBare(plan) {
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(plan))
  let output = ''
  for await (const chunk of child.stdout) output += chunk
  return JSON.parse(output)
}

/** Requests of each connection before: the fifth of a statement is the last that is planned. */
const warmUp = 10
const ready = 0x5a
const failed = 0x45

/** A connection whose greeting `pg` has done: what is asked in one turn goes out as one write, answers come in order. */
class Line {
  #asked = []
  #waiting = []
  #rest = Buffer.alloc(0)

  constructor(stream) {
    stream.removeAllListeners('data')
    stream.on('data', (bytes) => this.#read(bytes))
    this.stream = stream
  }

  ask(bytes, answered) {
    this.#waiting.push(answered)
    if (this.#asked.push(bytes) > 1) return
    setImmediate(() => {
      this.stream.write(this.#asked.length === 1 ? this.#asked[0] : Buffer.concat(this.#asked))
      this.#asked = []
    })
  }

  #read(bytes) {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    let at = 0
    while (all.length - at >= 5) {
      const end = at + 1 + all.readUInt32BE(at + 1)
      if (end > all.length) break
      if (all[at] === failed) throw new Error(all.subarray(at, end).toString())
      if (all[at] === ready) this.#waiting.shift()()
      at = end
    }
    this.#rest = all.subarray(at)
  }
}

function message(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : text(part))))
  const head = Buffer.from(`${type}0000`)
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

const text = (value) => Buffer.from(`${value}\0`)
const int16 = (value) => Buffer.from([value >> 8, value & 255])

function bindAndExecute(name, values) {
  const parts = values.flatMap((value) => {
    const bytes = Buffer.from(value)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  })
  const bind = message('B', '', name, int16(0), int16(values.length), ...parts, int16(0))
  return Buffer.concat([bind, message('E', '', Buffer.alloc(4))])
}

const sync = message('S')

async function openLine(url, parse) {
  const { default: pg } = await import(createRequire(import.meta.url).resolve('pg'))
  const client = new pg.Client({ connectionString: url })
  // that it ends is no news to us
  client.on('error', () => {})
  await client.connect()
  const line = new Line(client.connection.stream)
  await new Promise((done) => line.ask(parse, done))
  return line
}

async function main() {
  let input = ''
  for await (const chunk of process.stdin) input += chunk
  const { urls, callers, seconds, postgres, statements } = JSON.parse(input)
  const parse = Buffer.concat([
    ...statements.map(({ text: sql }, at) => message('P', `s${at}`, sql, int16(0))),
    sync,
  ])
  const lines = await Promise.all(urls.map((url) => openLine(url, parse)))
  const requests = Array.from({ length: 1_000 }, (_, id) =>
    Buffer.concat([
      ...statements.map(({ values, variable }, at) =>
        bindAndExecute(`s${at}`, variable === null ? values : values.with(variable, `${id + 1}`)),
      ),
      sync,
    ]),
  )
  const line = (at) => lines[at % lines.length]
  for (let at = 0; at < warmUp * lines.length; at += lines.length)
    await Promise.all(
      lines.map((_, offset) => new Promise((done) => line(at + offset).ask(requests[0], done))),
    )
  let next = 0
  let answered = 0
  let isStopping = false
  const caller = () =>
    new Promise((done) => {
      const ask = () => {
        if (isStopping) return done()
        const at = next++
        line(at).ask(requests[at % requests.length], () => {
          answered++
          ask()
        })
      }
      ask()
    })
  const [began, cpu, before] = [performance.now(), process.cpuUsage(), cpuOf(postgres)]
  setTimeout(() => (isStopping = true), seconds * 1000)
  await Promise.all(Array.from({ length: callers }, caller))
  const { user, system } = process.cpuUsage(cpu)
  const took = (performance.now() - began) / 1000
  const postgresUs = (cpuOf(postgres).childrenUs - before.childrenUs) / answered
  const clientUs = (user + system) / answered
  console.log(JSON.stringify({ requests: answered, seconds: took, clientUs, postgresUs }))
  for (const { stream } of lines) stream.end(message('X'))
  await Promise.all(lines.map(({ stream }) => stream.destroyed || once(stream, 'close')))
}

if (process.argv[1] === script) await main()
