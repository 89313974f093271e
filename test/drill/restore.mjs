/**
 * `npm run drill:restore [-- restores [seconds]]`: a project with backups takes writes for some seconds, its processes are
 * killed in between; then restores to random times, each into a new project. A row that was acknowledged before the time is
 * there, none is there that was sent behind it. Exits 1 where one of them is wrong.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  openDatabase,
  ownSession,
  parseConnectionUrl,
} from '../../packages/server/dist/base/db/index.js'
import { createProject, startProject, userToken } from '../bench/bench-project.mjs'

const restores = Number(process.argv[2] ?? 10)
const seconds = Number(process.argv[3] ?? 30)
const writers = 8
const command = resolve(import.meta.dirname, '../../packages/cli/bin/basalt.mjs')
const key = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const authorization = `Bearer ${userToken()}`
const env = { ...process.env, BASALT_BACKUP_KEY: 'drill-drill-drill-drill-drill-drill' }
Object.assign(process.env, env)

/** id → when it was sent, and when its 201 came. */
const sent = new Map()
const acknowledged = new Map()
let nextId = 1
let isWriting = true

const project = await createProject()
const target = join(project.workdir, 'backups')
configure(project, true)
try {
  let running = await startProject(project)
  await query(
    project,
    `create table public.events (id bigint primary key, body text); grant all on public.events to authenticated; notify pgrst`,
  )
  await until(() => listed().length > 0, 'the first backup')
  const writing = Promise.all(Array.from({ length: writers }, write))
  const begun = Date.now()
  await sleep((seconds * 1000) / 3)
  basalt(project, ['backup', 'create'])
  await sleep((seconds * 1000) / 6)
  for (const pid of familyOf(running.pid)) kill(pid)
  running = await startProject(project)
  await sleep(begun + seconds * 1000 - Date.now())
  isWriting = false
  await writing
  const ended = Date.now()
  await sleep(2500)
  console.log(
    `${acknowledged.size} rows acknowledged in ${seconds} s, processes killed once, ${listed().length} backups`,
  )
  for (let n = 1; n <= restores; n++)
    await check(n, begun + 1000 + Math.random() * (ended - begun - 1000))
  await running.stop()
} finally {
  project.remove()
}

async function check(n, timeMs) {
  const time = new Date(Math.floor(timeMs)).toISOString()
  const copy = await createProject()
  configure(copy, false)
  try {
    const started = performance.now()
    basalt(copy, ['backup', 'restore', '--to-time', time])
    const took = performance.now() - started
    const running = await startProject(copy)
    const rows = await query(copy, 'select id from public.events')
    await running.stop()
    const found = new Set(rows.map(({ id }) => Number(id)))
    const at = Date.parse(time)
    const missing = [...acknowledged].filter(([id, ms]) => ms < at && !found.has(id))
    const early = [...found].filter((id) => (sent.get(id) ?? 0) > at)
    console.log(
      `restore ${n}: ${time} in ${(took / 1000).toFixed(1)} s, ${found.size} rows, ${missing.length} missing, ${early.length} of later`,
    )
    if (missing.length + early.length > 0) process.exitCode = 1
  } finally {
    copy.remove()
  }
}

function configure({ workdir }, enabled) {
  mkdirSync(target, { recursive: true })
  appendFileSync(
    join(workdir, 'supabase/config.toml'),
    `[basalt.backup]\nenabled = ${enabled}\ntarget = ${JSON.stringify(target)}\nflush = "1s"\nverify = false\n`,
  )
}

function basalt({ workdir }, args) {
  const ran = spawnSync(process.execPath, [command, '--workdir', workdir, ...args], {
    encoding: 'utf8',
    env,
  })
  if (ran.status !== 0) throw new Error(`basalt ${args.join(' ')}: ${ran.stderr}`)
  return ran.stdout
}

function listed() {
  return JSON.parse(basalt(project, ['backup', 'list', '-o', 'json'])).backups
}

async function query({ ports }, text) {
  const url = `postgres://postgres:postgres@127.0.0.1:${ports.db}/postgres?sslmode=disable`
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  try {
    const isScript = text.includes(';')
    return await db.begin(ownSession, (transaction) =>
      isScript
        ? transaction.script('drill', text)
        : transaction.rows({ name: 'drill', text, values: [] }),
    )
  } finally {
    await db.close()
  }
}

async function write() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  while (isWriting) {
    const id = nextId++
    sent.set(id, Date.now())
    const status = await send(agent, { id, body: `event ${id}` }).catch(() => 0)
    if (status === 201) acknowledged.set(id, Date.now())
    else await sleep(20)
  }
  agent.destroy()
}

function send(agent, body) {
  return new Promise((done, failed) => {
    const headers = { apikey: key, authorization, 'content-type': 'application/json' }
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: project.ports.api,
        method: 'POST',
        path: '/rest/v1/events',
        agent,
        headers,
      },
      (response) => {
        response.resume()
        response.on('end', () => done(response.statusCode))
        response.on('error', failed)
      },
    )
    request.on('error', failed)
    request.end(JSON.stringify(body))
  })
}

async function until(condition, what) {
  for (const deadline = Date.now() + 60_000; !condition(); await sleep(300))
    if (Date.now() > deadline) throw new Error(`${what} did not come`)
}

function familyOf(pid) {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .flatMap((name) => familyOf(Number(name)))
  return [pid, ...children]
}

function parentOf(pid) {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // its parent's death was quicker
  }
}
