/**
 * `npm run bench -- auth`: sign-ins and refreshes a second, and what the data API feels of them. The reference of sign-ins
 * is the hash alone: Argon2id verified by a bare process, one after the other. BENCH_SECONDS, BENCH_SIGN_INS (a second).
 */
import { appendFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { hash, verify } from '@node-rs/argon2'
import { hashSync } from 'bcryptjs'
import { createProject, loadSchema, memoryOf, startProject } from './bench-project.mjs'
import { cpuOf } from './cpu-time.mjs'
import { runLoad } from './run-load.mjs'
import { shapes } from './shapes.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 4)
const signInsPerSecond = Number(process.env.BENCH_SIGN_INS ?? 50)
const users = 100
const password = 'correct horse battery'
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const publishableKey = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const secretKey = 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const at = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0

const project = await createProject()
appendFileSync(
  join(project.workdir, 'supabase/config.toml'),
  `[auth.rate_limit]
token_refresh = 10000000
sign_in_sign_ups = 10000000
`,
)
let next = 0
let running
try {
  running = await startProject(project)
  await loadSchema(project)
  for (let i = 0; i < users; i++) {
    const made = await post('/auth/v1/signup', { email: `user${i}@example.com`, password })
    if (made.status !== 200) throw new Error(made.text)
  }
  await reportSignIns()
  await reportRefreshes()
  await reportDataRequests()
  const { rssMb, pssMb } = memoryOf(running.pid)
  console.log(`memory: RSS ${rssMb.toFixed(0)} MB summed, PSS ${pssMb.toFixed(0)} MB`)
} finally {
  await running?.stop()
  agent.destroy()
  project.remove()
}

function post(path, body, key = publishableKey) {
  const text = JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const headers = {
      apikey: key,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    }
    const options = { host: '127.0.0.1', port: project.ports.api, path, method: 'POST', headers }
    const sent = request({ ...options, agent }, (response) => {
      let received = ''
      response.setEncoding('utf8').on('data', (chunk) => (received += chunk))
      response.on('end', () => resolve({ status: response.statusCode, text: received }))
    })
    sent.on('error', reject).end(text)
  })
}

function signIn(name = 'user', secret = password) {
  return post('/auth/v1/token?grant_type=password', {
    email: `${name}${next++ % users}@example.com`,
    password: secret,
  })
}

/** `clients` loops for so many seconds; each round is one request that must be answered 200. */
async function measure(clients, start) {
  const loops = await Promise.all(Array.from({ length: clients }, () => start()))
  const latencies = []
  let errors = 0
  const before = cpuOf(running.pid)
  const began = performance.now()
  const until = began + seconds * 1000
  await Promise.all(
    loops.map(async (once) => {
      while (performance.now() < until) {
        const sentAt = performance.now()
        if ((await once()) !== 200) errors++
        latencies.push(performance.now() - sentAt)
      }
    }),
  )
  const took = (performance.now() - began) / 1000
  const after = cpuOf(running.pid)
  const sorted = latencies.toSorted((a, b) => a - b)
  const cpu = (after.ownUs - before.ownUs) / latencies.length
  return { rate: latencies.length / took, p50: at(sorted, 0.5), p99: at(sorted, 0.99), errors, cpu }
}

async function measureHash() {
  const known = await hash(password, parameters)
  let count = 0
  const began = performance.now()
  while (performance.now() < began + 1000) {
    await verify(known, password)
    count++
  }
  return count / ((performance.now() - began) / 1000)
}

function print(name, { rate, p50, p99, errors, cpu }, reference) {
  const ratio = reference === undefined ? '' : `, ratio ${(rate / reference).toFixed(2)}`
  console.log(
    `${name}: ${rate.toFixed(0)}/s${ratio}, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, CPU of Node with hashing ${cpu.toFixed(0)} µs, errors ${errors}`,
  )
}

async function reportSignIns() {
  const reference = await measureHash()
  console.log(`reference: ${reference.toFixed(0)} hashes/s of a bare process, one at a time`)
  for (const clients of [1, 8, 32]) {
    const found = await measure(clients, () => async () => (await signIn()).status)
    print(`sign-ins, ${clients} at once`, found, reference)
  }
}

async function reportRefreshes() {
  for (const clients of [1, 8, 32]) {
    const start = async () => {
      let { refresh_token } = JSON.parse((await signIn()).text)
      return async () => {
        const { status, text } = await post('/auth/v1/token?grant_type=refresh_token', {
          refresh_token,
        })
        if (status === 200) refresh_token = JSON.parse(text).refresh_token
        return status
      }
    }
    print(`refreshes, ${clients} at once`, await measure(clients, start))
  }
}

/** So many sign-ins a second, whatever becomes of the ones before, until told to stop. */
function storm(name, secret) {
  const open = new Set()
  let failed = 0
  let sent = 0
  const timer = setInterval(() => {
    sent++
    const one = signIn(name, secret).then(({ status }) => {
      open.delete(one)
      if (status !== 200) failed++
    })
    open.add(one)
  }, 1000 / signInsPerSecond)
  return async () => {
    clearInterval(timer)
    await Promise.all(open)
    return { sent, failed }
  }
}

async function reportDataRequests() {
  await importBcryptUsers()
  const { requests } = shapes[0]
  const load = { host: '127.0.0.1', port: project.ports.api, connections: 4, seconds, requests }
  const quiet = await runLoad(load)
  const describe = ({ requests: count, seconds: took, p50, p99, errors }) =>
    `${(count / took).toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, errors ${errors}`
  console.log(`data API (${shapes[0].name}), nothing else: ${describe(quiet)}`)
  for (const [what, name, secret] of [
    ['sign-ins (Argon2id)', 'user', password],
    ['sign-ins with a wrong password', 'user', 'wrong password'],
    ['sign-ins of imported users (bcrypt, cost 10)', 'old', 'wrong password'],
  ]) {
    const stop = storm(name, secret)
    const found = await runLoad(load)
    const { sent, failed } = await stop()
    const ratio = (found.p99 / quiet.p99).toFixed(1)
    console.log(
      `data API beside ${(sent / seconds).toFixed(0)} ${what} a second: ${describe(found)}; p99 ${ratio} times the quiet one; ${failed} of ${sent} sign-ins not 200`,
    )
  }
}

async function importBcryptUsers() {
  const password_hash = hashSync(password, 10)
  for (let i = 0; i < users; i++) {
    const body = { email: `old${i}@example.com`, password_hash, email_confirm: true }
    const made = await post('/auth/v1/admin/users', body, secretKey)
    if (made.status !== 200) throw new Error(made.text)
  }
}
