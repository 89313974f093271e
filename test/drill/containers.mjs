/**
 * `npm run drill:containers`: the image and deploy/compose.yaml. Builds the image (or takes `IMAGE`), says how large it is and what is in it,
 * has the compose file read by its own tool, brings up Basalt with Postgres and S3, makes a project, uses it through supabase-js,
 * restarts the node under it, and takes everything down. `BUILD` and `COMPOSE` are the commands: "podman build --format docker" and
 * "docker compose" unless given.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'

const root = resolve(import.meta.dirname, '../..')
const [container] = (process.env.CONTAINER ?? 'podman').split(' ')
const buildCommand = process.env.BUILD ?? `${container} build --format docker`
const compose = `${process.env.COMPOSE ?? 'docker compose'} -p basalt-drill -f deploy/compose.yaml`
const image = process.env.IMAGE ?? 'localhost/basalt:latest'
const port = process.env.BASALT_PORT ?? '54391'
const environment = { ...process.env, BASALT_IMAGE: image, BASALT_PORT: port }
const problems = []

function run(line, { args = [], quiet = true, fails = false } = {}) {
  const [program, ...first] = line.split(' ')
  const began = performance.now()
  const result = spawnSync(program, [...first, ...args], {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    timeout: 900_000,
    stdio: ['ignore', 'pipe', quiet ? 'pipe' : 'inherit'],
  })
  if (!fails && result.status !== 0)
    throw new Error(`${line} ${args.join(' ')} ended with ${result.status}: ${result.stderr ?? ''}`)
  return { ...result, ms: Math.round(performance.now() - began) }
}

function check(name, isRight, detail = '') {
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${name}${detail === '' ? '' : `: ${detail}`}`)
  if (!isRight) problems.push(name)
}

if (process.env.IMAGE === undefined) {
  const { ms } = run(`${buildCommand} -t ${image} .`)
  console.log(`built in ${Math.round(ms / 1000)} s`)
}

const [inspected] = JSON.parse(run(`${container} image inspect ${image}`).stdout)
const megabytes = inspected.Size / 1e6
check('at most 250 MB', megabytes <= 250, `${megabytes.toFixed(0)} MB`)
check('not root', inspected.Config.User === '65532:65532', inspected.Config.User)
check('a health check', (inspected.Config.Healthcheck ?? inspected.Healthcheck) !== undefined)
for (const program of ['/usr/bin/npm', '/usr/local/bin/npm', '/usr/bin/gcc', '/usr/bin/apt']) {
  const found = run(`${container} run --rm --entrypoint node ${image} -p`, {
    args: [`require('fs').existsSync('${program}')`],
  })
  check(`no ${program}`, found.stdout.trim() === 'false')
}

const made = existsSync(join(root, 'deploy/secrets'))
run('sh deploy/make-secrets.sh')
check('the compose file is read', run(`${compose} config -q`, { fails: true }).status === 0)

try {
  const up = run(`${compose} up -d --wait --wait-timeout 120 --no-build basalt project-db`)
  check('Basalt, Postgres and S3 are up', true, `${up.ms} ms`)
  const created = run(`${compose} exec -T basalt basalt projects create shop -o json`)
  await use(JSON.parse(created.stdout))
  const logged = run(`${compose} logs --no-color basalt`)
  check('logs are JSON lines', /"message":"request"/.test(logged.stdout))
} finally {
  run(`${compose} down -v -t 5`, { fails: true })
  if (!made) rmSync(join(root, 'deploy/secrets'), { recursive: true })
}
console.log(problems.length === 0 ? 'all of it is right' : `wrong: ${problems.join(', ')}`)
process.exitCode = problems.length === 0 ? 0 : 1

async function use(keys) {
  const url = `http://127.0.0.1:${port}`
  const options = {
    global: { headers: { 'x-project-ref': 'shop' } },
    auth: { persistSession: false },
    realtime: { transport: ws },
  }
  const server = createClient(url, keys.secret_key, options)
  const user = createClient(url, keys.publishable_key, options)

  const { data: added, error } = await server.auth.admin.createUser({
    email: 'drill@example.com',
    password: 'long enough for a drill',
    email_confirm: true,
  })
  check('a user is made', error === null, error?.message ?? added.user.id)
  const signed = await user.auth.signInWithPassword({
    email: 'drill@example.com',
    password: 'long enough for a drill',
  })
  check('and signs in', signed.error === null, signed.error?.message ?? '')

  check('a bucket', (await server.storage.createBucket('files', { public: true })).error === null)
  const bytes = new Uint8Array(3_000_000).fill(7)
  const stored = await server.storage.from('files').upload('a/b.bin', bytes)
  check('3 MB are stored in S3', stored.error === null, stored.error?.message ?? '')
  const read = await server.storage.from('files').download('a/b.bin')
  check('and read again', read.data?.size === bytes.length, String(read.data?.size))

  const reload = run(`${compose} restart -t 30 basalt`)
  await until(async () => (await fetch(`${url}/health`).catch(() => null))?.ok === true)
  check('the node is restarted', true, `${reload.ms} ms`)
  const after = await server.auth.admin.listUsers()
  check('and knows what was', after.data?.users?.length === 1, after.error?.message ?? '')
  await functions(url, keys)
}

/** Deno is unpacked into the volume, and runs as the container's user on a root that cannot be written. */
async function functions(url, keys) {
  const body = new FormData()
  body.set(
    'metadata',
    JSON.stringify({ entrypoint_path: 'index.ts', name: 'hello', verify_jwt: false }),
  )
  body.set(
    'file',
    new Blob(['Deno.serve(() => new Response("from Deno " + Deno.version.deno))']),
    'index.ts',
  )
  run(`${compose} exec -T basalt basalt operators create drill@example.com -o json`)
  const { token } = JSON.parse(
    run(`${compose} exec -T basalt basalt operators token drill@example.com -o json`).stdout,
  )
  const deployed = await fetch(`${url}/admin/v1/projects/shop/functions/deploy?slug=hello`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
  })
  check('a function is deployed', deployed.ok, deployed.ok ? '' : await deployed.text())
  const called = await fetch(`${url}/functions/v1/hello`, {
    headers: { 'x-project-ref': 'shop', apikey: keys.publishable_key },
  })
  const text = await called.text()
  check('and runs', called.ok && text.startsWith('from Deno'), text.slice(0, 200))
}

async function until(isSo) {
  const deadline = Date.now() + 30_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('It did not come to be within 30 s.')
    await pause(100)
  }
}
