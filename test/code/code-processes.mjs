/** The API and workers as processes of their own, on a project of the real command; for drills and benches. */
import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { jwtSecret, userId, userToken } from '../bench/bench-project.mjs'

const command = resolve(import.meta.dirname, '../../packages/cli/bin/basalt.mjs')
const children = new Set()

/** As `basalt start` makes them of its default secret. */
function serviceKey() {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 36_000
  const claims = { role: 'service_role', iss: 'supabase-demo', exp }
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${content}.${createHmac('sha256', jwtSecret).update(content).digest('base64url')}`
}

export const databaseUrl = (project) =>
  `postgres://postgres:postgres@127.0.0.1:${project.ports.db}/postgres`

export function environmentFor(project, gitHost, dataDir) {
  return {
    DATABASE_URL: databaseUrl(project),
    SUPABASE_URL: `http://127.0.0.1:${project.ports.api}`,
    SUPABASE_ANON_KEY: userToken(),
    SUPABASE_SERVICE_KEY: serviceKey(),
    CODE_PORT: '0',
    CODE_DATA_DIR: dataDir,
    CODE_ALLOWED_HOSTS: gitHost,
  }
}

/** `basalt code …`; resolves when it is ready. */
export async function startCode(args, environment) {
  const child = spawn(process.execPath, [command, 'code', ...args, '--json'], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  let said = ''
  child.stderr.on('data', (text) => (said = `${said}${text}`.slice(-5_000)))
  const line = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  if (child.exitCode !== null) throw new Error(`basalt code ended: ${said}`)
  return {
    ...JSON.parse(line[0]),
    pid: child.pid,
    said: () => said,
    kill: async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      children.delete(child)
    },
    stop: async () => {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      children.delete(child)
    },
  }
}

export function killAll() {
  for (const child of children) child.kill('SIGKILL')
}

/** A user with a key that no limit stops. `db`: a client of `pg`. */
export async function createKey(db) {
  await db.query(
    `insert into auth.users (id, aud, role, email) values ($1, 'authenticated', 'authenticated', 'bench@example.com')`,
    [userId],
  )
  const { rows } = await db.query(
    `insert into api_keys (user_id, name, rate_limit, monthly_quota, permissions)
     values ($1, 'bench', 1000000000, 2000000000, '{"read":true,"write":true}') returning id`,
    [userId],
  )
  await db.query(`select set_config('request.jwt.claims', '{"role":"service_role"}', false)`)
  const issued = await db.query('select issue_api_key($1) as key', [rows[0].id])
  return issued.rows[0].key
}

/** Resident memory in MB of the process alone: the git below it comes and goes. */
export function residentMb(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
}
