/**
 * `npm run bench -- storage`: objects on disk, as a ratio to files through a bare node:http server in the same run: small
 * reads and writes a second, large ones in MB/s; a listing among a million; images from the cache. BENCH_SECONDS, BENCH_ROUNDS, BENCH_SHAPES=small.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, memoryOf, startProject, userId, userToken } from './bench-project.mjs'
import { runLoad } from './run-load.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 2)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const connections = 16
const smallBytes = 1_024
const largeBytes = 64 * 1024 * 1024
const many = 1_000_000
const large = Buffer.alloc(largeBytes, 'b')
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const token = userToken()

const project = await createProject()
appendFileSync(
  join(project.workdir, 'supabase/config.toml'),
  // room for about 650 objects of 1 KiB: of 1,000 that are read in turn none is in memory
  '[storage]\nfile_size_limit = "1GiB"\nmemory_cache = "1MiB"\n',
)
const folder = mkdtempSync(join(tmpdir(), 'basalt-bench-files-'))
const bare = spawn(process.execPath, [join(import.meta.dirname, 'bare-files.mjs'), folder])
const barePort = Number(String((await once(bare.stdout, 'data'))[0]))
let running
try {
  running = await startProject(project)
  await prepare()
  const wanted = process.env.BENCH_SHAPES ?? ''
  const parts = { small: reportSmall, large: reportLarge, images: reportImages, list: reportList }
  for (const [name, report] of Object.entries(parts)) if (name.includes(wanted)) await report()
} finally {
  await running?.stop()
  bare.kill()
  project.remove()
  rmSync(folder, { recursive: true })
}

async function sql(text) {
  const url = `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres?sslmode=disable`
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  await db.begin(ownSession, (transaction) => transaction.script('bench.storage', text))
  await db.close()
}

/** Private, so that each read is asked of a policy. */
async function prepare() {
  await sql(`
    insert into storage.buckets (id, name) values ('files', 'files'), ('many', 'many');
    create policy own on storage.objects for all to authenticated
      using (bucket_id = 'files' and owner_id = (select auth.uid())::text);`)
  await store('small', Buffer.alloc(smallBytes, 'a'), 'text/plain')
  await store('large', Buffer.alloc(largeBytes, 'a'), 'text/plain')
  const picture = sharp({ create: { width: 1600, height: 1200, channels: 3, background: 'teal' } })
  await store('picture', await picture.jpeg().toBuffer(), 'image/jpeg')
  writeFileSync(join(folder, 'small'), Buffer.alloc(smallBytes, 'a'))
  writeFileSync(join(folder, 'large.large'), Buffer.alloc(largeBytes, 'a'))
}

async function store(name, bytes, type) {
  const response = await fetch(
    `http://127.0.0.1:${project.ports.api}/storage/v1/object/files/${name}`,
    {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      body: bytes,
    },
  )
  if (!response.ok) throw new Error(await response.text())
}

function get(path) {
  return `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`
}
function put(path, i) {
  return `PUT ${path}${i} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: text/plain\r\ncontent-length: ${smallBytes}\r\n\r\n${'a'.repeat(smallBytes)}`
}

/** Ours and the bare one in turn, so that both have the same machine. */
async function compare(title, wanted, ours, theirs) {
  const plan = { host: '127.0.0.1', connections, seconds }
  const taken = []
  for (let round = 0; round < rounds; round++) {
    const own = await runLoad({ ...plan, port: project.ports.api, requests: ours })
    const other = await runLoad({ ...plan, port: barePort, requests: theirs })
    taken.push({ own, other })
  }
  const rate = ({ requests, seconds: time }) => requests / time
  const own = median(taken.map((one) => rate(one.own)))
  const other = median(taken.map((one) => rate(one.other)))
  const ratio = median(taken.map((one) => rate(one.own) / rate(one.other)))
  const errors = taken.reduce((sum, one) => sum + one.own.errors, 0)
  const p99 = median(taken.map((one) => one.own.p99)).toFixed(1)
  console.log(
    `${title}: ${own.toFixed(0)}/s, bare ${other.toFixed(0)}/s, ratio ${ratio.toFixed(2)} (wanted ${wanted}), p99 ${p99} ms, ${errors} errors`,
  )
}

async function reportSmall() {
  const path = '/storage/v1/object/authenticated/files/small'
  await compare('1 KiB read under a policy, from memory', 0.5, [get(path)], [get('/small')])
  const keys = Array.from({ length: 1000 }, (_, i) => i)
  await compare(
    '1 KiB written under a policy',
    '-',
    keys.map((i) => put('/storage/v1/object/files/w', i)),
    keys.map((i) => put('/w', i)),
  )
  for (const i of keys) {
    await store(`r${i}`, Buffer.alloc(smallBytes, 'a'), 'text/plain')
    writeFileSync(join(folder, `r${i}`), Buffer.alloc(smallBytes, 'a'))
  }
  await compare(
    '1 KiB read under a policy, from disk',
    0.5,
    keys.map((i) => get(`/storage/v1/object/authenticated/files/r${i}`)),
    keys.map((i) => get(`/r${i}`)),
  )
}

async function reportLarge() {
  const own = { port: project.ports.api, path: '/storage/v1/object/authenticated/files/large' }
  const other = { port: barePort, path: '/large.large' }
  await compareLarge(
    '64 MiB downloads',
    0.8,
    () => download(own),
    () => download(other),
  )
  await compareLarge(
    '64 MiB uploads with ETag',
    0.7,
    () => upload({ ...own, path: '/storage/v1/object/files/large' }),
    () => upload(other),
  )
  const { rssMb } = memoryOf(running.pid)
  console.log(`memory after them: RSS ${rssMb.toFixed(0)} MB summed, Postgres included`)
}

async function compareLarge(title, wanted, ours, theirs) {
  const taken = []
  for (let round = 0; round < rounds; round++) taken.push([await ours(), await theirs()])
  const [own, other] = [0, 1].map((side) => median(taken.map((pair) => pair[side])))
  const ratio = median(taken.map(([a, b]) => a / b))
  console.log(
    `${title}: ${own.toFixed(0)} MB/s, bare ${other.toFixed(0)} MB/s, ratio ${ratio.toFixed(2)} (wanted ${wanted})`,
  )
}

/** MB/s */
function transfer({ port, path }, method, body) {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === null ? {} : { 'content-type': 'text/plain', 'content-length': body.length }),
    }
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`))
      response.on('data', () => {})
      response.on('end', () => resolve(largeBytes / 1e6 / ((performance.now() - started) / 1000)))
    })
    sent.on('error', reject)
    sent.end(body ?? undefined)
  })
}
function download(where) {
  return transfer(where, 'GET', null)
}

function upload(where) {
  return transfer(where, 'PUT', large)
}

async function reportImages() {
  const plan = { host: '127.0.0.1', port: project.ports.api, connections, seconds }
  const image = get('/storage/v1/render/image/authenticated/files/picture?width=100')
  const plain = get('/storage/v1/object/authenticated/files/small')
  const taken = []
  let errors = 0
  for (let round = 0; round < rounds; round++) {
    const hits = await runLoad({ ...plan, requests: [image] })
    const reads = await runLoad({ ...plan, requests: [plain] })
    errors += hits.errors + reads.errors
    taken.push([hits.requests / hits.seconds, reads.requests / reads.seconds])
  }
  const [hits, reads] = [0, 1].map((side) => median(taken.map((pair) => pair[side])))
  console.log(
    `images from the cache: ${hits.toFixed(0)}/s, plain reads ${reads.toFixed(0)}/s, ratio ${median(taken.map(([a, b]) => a / b)).toFixed(2)} (wanted 1), ${errors} errors`,
  )
}

async function reportList() {
  await sql(`
    insert into storage.objects (bucket_id, name, owner_id, version, metadata)
      select 'many', 'folder' || i % 1000 || '/' || i, '${userId}', gen_random_uuid()::text, '{"size": 1}'
      from generate_series(1, ${many}) i;
    create policy listed on storage.objects for select to authenticated
      using (bucket_id = 'many' and owner_id = (select auth.uid())::text);
    analyze storage.objects;`)
  const down = { column: 'name', order: 'desc' }
  for (const { title, route, body } of [
    { title: 'folders', route: 'list', body: { prefix: '', limit: 1000 } },
    { title: 'folders down', route: 'list', body: { prefix: '', limit: 1000, sortBy: down } },
    { title: 'one folder', route: 'list', body: { prefix: 'folder7/', limit: 1000 } },
    { title: 'v2 with folders', route: 'list-v2', body: { prefix: '', with_delimiter: true } },
    { title: 'v2 keys', route: 'list-v2', body: { prefix: '' } },
    { title: 'v2 keys down', route: 'list-v2', body: { prefix: '', sortBy: down } },
    { title: 'v2 one folder', route: 'list-v2', body: { prefix: 'folder7/' } },
  ]) {
    const times = []
    let found = 0
    for (let i = 0; i < 10; i++) {
      const started = performance.now()
      const url = `http://127.0.0.1:${project.ports.api}/storage/v1/object/${route}/many`
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const list = await response.json()
      found = (list.objects ?? list).length + (list.folders ?? []).length
      times.push(performance.now() - started)
    }
    console.log(
      `list of ${found} among ${many}, ${title}: p50 ${median(times).toFixed(1)} ms (wanted 20)`,
    )
  }
}
