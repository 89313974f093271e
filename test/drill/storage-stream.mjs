/**
 * `npm run drill:storage-stream [-- megabytes]`: 2 GiB up and down, the memory of the process at its highest meanwhile; small
 * reads beside a reader who reads slowly; clients that go in the middle. On disk, and on the S3 server of REAL_S3_URL where there
 * is one: `tools/real-s3.sh /tmp/basalt-ceph npm run drill:storage-stream`. Exits 1 when it grew by 64 MB or more, or something was left.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, startProject, userToken } from '../bench/bench-project.mjs'
import { runLoad } from '../bench/run-load.mjs'
import { openBucket } from './storage-stream-s3.mjs'

const megabytes = Number(process.argv[2] ?? 2048)
const allowedMb = 64
const freedMs = 1_000
const piece = Buffer.alloc(1_048_576)
for (let i = 0; i < piece.length; i++) piece[i] = (i * 31) % 251
const authorization = `Bearer ${userToken()}`
const { REAL_S3_URL: s3Url } = process.env

for (const backend of s3Url === undefined ? ['disk'] : ['disk', 's3']) await drill(backend)

async function drill(backend) {
  const bucket = backend === 's3' ? await openBucket() : null
  const project = await createProject()
  const lines = ['[storage]', 'file_size_limit = "8GiB"', ...(bucket?.config ?? [])]
  appendFileSync(join(project.workdir, 'supabase/config.toml'), `${lines.join('\n')}\n`)
  const running = await startProject(project)
  const place = { project, pid: running.pid, bucket }
  try {
    await run(
      project,
      `insert into storage.buckets (id, name) values ('files', 'files');
       create policy own on storage.objects for all to authenticated using (owner_id = (select auth.uid())::text);`,
    )
    console.log(`${backend}, ${megabytes} MiB`)
    // code, connections and the heap it works with are there
    await upload(place, 'first', 64, 64)
    await download(place, 'first')
    await measure(place, 'upload', () => upload(place, 'large', megabytes, megabytes))
    await measure(place, 'download', () => checkDownload(place))
    await measure(place, 'slow reader', () => besideSlowReader(place))
    await abort(place, 'upload', () => upload(place, 'half', megabytes, 200))
    await abort(place, 'download', () => download(place, 'large', 200))
    await expectNoHalf(place)
  } finally {
    await running.stop()
    project.remove()
    await bucket?.close()
  }
}

async function run(project, text) {
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  await db.begin(ownSession, (transaction) => transaction.script('drill.schema', text))
  await db.close()
}

function fail(why) {
  console.log(`FAILED: ${why}`)
  process.exitCode = 1
}

function residentMb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}

/** The highest memory while `work` goes on, over that before it. */
async function measure({ pid }, title, work) {
  const before = residentMb(pid)
  let highest = before
  const watch = setInterval(() => (highest = Math.max(highest, residentMb(pid))), 20)
  const started = performance.now()
  const said = await work()
  clearInterval(watch)
  const seconds = (performance.now() - started) / 1000
  const grown = highest - before
  console.log(
    `${title}: ${seconds.toFixed(1)} s, from ${before.toFixed(0)} MB by ${grown.toFixed(0)} MB${said === undefined ? '' : `; ${said}`}`,
  )
  if (grown >= allowedMb) fail(`${title}: grew by ${grown.toFixed(0)} MB`)
}

function ask({ project }, method, key, headers = {}) {
  const path = `/storage/v1/object/${method === 'GET' ? 'authenticated/' : ''}files/${key}`
  return request({
    host: '127.0.0.1',
    port: project.ports.api,
    path,
    method,
    agent: false,
    headers: { authorization, ...headers },
  })
}

/** Says `size` MiB and sends `sent`: then it goes, where that is less. */
async function upload(place, key, size, sent) {
  const headers = { 'content-type': 'text/plain', 'content-length': size * piece.length }
  const outgoing = ask(place, 'PUT', key, headers)
  const answered = once(outgoing, 'response')
  answered.catch(() => {})
  for (let i = 0; i < sent; i++) if (!outgoing.write(piece)) await once(outgoing, 'drain')
  if (sent < size) return outgoing.destroy()
  outgoing.end()
  const [response] = await answered
  response.resume()
  await once(response, 'end')
  if (response.statusCode !== 200) fail(`upload: ${response.statusCode}`)
}

/** Goes after `most` MiB; the digest of all else. */
async function download(place, key, most = Infinity, perMiBMs = 0) {
  const outgoing = ask(place, 'GET', key)
  outgoing.end()
  const [response] = await once(outgoing, 'response')
  if (response.statusCode !== 200) fail(`download: ${response.statusCode}`)
  const hash = createHash('sha1')
  let size = 0
  let waited = 0
  for await (const chunk of response) {
    size += chunk.length
    hash.update(chunk)
    for (; perMiBMs > 0 && size > waited * piece.length; waited++)
      await new Promise((resolve) => setTimeout(resolve, perMiBMs))
    if (size > most * piece.length) break
  }
  outgoing.destroy()
  return hash.digest('hex')
}

async function checkDownload(place) {
  const expected = createHash('sha1')
  for (let i = 0; i < megabytes; i++) expected.update(piece)
  if ((await download(place, 'large')) !== expected.digest('hex')) fail('other bytes came back')
}

/** Others' small reads without it and with it. */
async function besideSlowReader(place) {
  const { project } = place
  const small = `GET /storage/v1/object/authenticated/files/first HTTP/1.1\r\nhost: x\r\nrange: bytes=0-1023\r\nauthorization: ${authorization}\r\n\r\n`
  const plan = {
    host: '127.0.0.1',
    port: project.ports.api,
    connections: 8,
    seconds: 3,
    requests: [small],
  }
  await runLoad(plan)
  const alone = await runLoad(plan)
  const slow = download(place, 'large', 60, 100)
  const beside = await runLoad(plan)
  await slow
  const [a, b] = [alone, beside].map(({ requests, seconds }) => requests / seconds)
  if (alone.errors + beside.errors > 0) fail('small reads were refused')
  return `1 KiB reads alone ${a.toFixed(0)}/s, p99 ${alone.p99.toFixed(1)} ms, beside it ${b.toFixed(0)}/s, p99 ${beside.p99.toFixed(1)} ms`
}

/** What the process holds for a transfer: files of objects, the client's connection. */
function held({ pid, project }) {
  const local = `:${project.ports.api.toString(16).toUpperCase().padStart(4, '0')}`
  const ofClients = new Set()
  for (const table of ['tcp', 'tcp6'])
    for (const line of readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/)
      // not the one that listens
      if (fields[1]?.endsWith(local) && fields[3] !== '0A') ofClients.add(`socket:[${fields[9]}]`)
    }
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const name = readlinkSync(`/proc/${pid}/fd/${fd}`)
      return name.includes('/.temp/storage/') || ofClients.has(name) ? [name] : []
    } catch {
      return []
    }
  })
}

async function abort(place, title, work) {
  const before = held(place)
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, held(place).length)), 20)
  await work()
  clearInterval(watch)
  const started = performance.now()
  const isLeft = async () => held(place).length > 0 || (await leftovers(place)).length > 0
  while ((await isLeft()) && performance.now() - started < 10_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  const ms = performance.now() - started
  console.log(
    `${title} that breaks off: held ${most} (before ${before.length}), all free after ${ms.toFixed(0)} ms`,
  )
  if (most === 0) fail('nothing was seen to be held')
  if (ms > freedMs) fail(`${[...held(place), ...(await leftovers(place))].join(', ')} was left`)
}

/** Bytes of uploads that are not objects. */
async function leftovers({ project, bucket }) {
  if (bucket !== null) return bucket.unfinished()
  try {
    return readdirSync(join(project.workdir, 'supabase/.temp/storage/incoming'))
  } catch {
    return []
  }
}

async function expectNoHalf(place) {
  const outgoing = ask(place, 'GET', 'half')
  outgoing.end()
  const [response] = await once(outgoing, 'response')
  response.resume()
  if (response.statusCode !== 400) fail(`the half object is there: ${response.statusCode}`)
}
