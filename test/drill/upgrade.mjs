/**
 * `npm run drill:upgrade`: what an earlier release left starts under this one, under load, and this one refuses what a later one left.
 * The earlier one is built from commit `FROM` of this repository. Users, sessions, factors, rows, objects, signed URLs and jobs of then must
 * hold now, every acknowledged write must be there, and what failed meanwhile must have been told with a code.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@supabase/supabase-js'
import pg from 'pg'
import ws from 'ws'
import { totp } from './totp.mjs'

// before functions, many projects and customers' keys: the fewest migrations that there were once storage and realtime had landed
const from = process.env.FROM ?? 'e1e4feb'
const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'basalt-drill-upgrade-'))
const earlier = process.env.EARLIER ?? join(folder, 'earlier')
const workdir = join(folder, 'project')
const port = 57_321
const url = `http://127.0.0.1:${port}`
const key = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const secret = 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'
const options = {
  auth: { persistSession: false, autoRefreshToken: false },
  realtime: { transport: ws },
}
const password = 'of an earlier release 1'
const problems = []

function check(name, isRight, detail = '') {
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${name}${detail === '' ? '' : `: ${detail}`}`)
  if (!isRight) problems.push(name)
}

function build() {
  if (process.env.EARLIER !== undefined) return
  console.log(`building ${from} …`)
  const quiet = { cwd: earlier, stdio: ['ignore', 'ignore', 'inherit'] }
  execFileSync('git', ['worktree', 'add', '-q', '--detach', '-f', earlier, from], {
    ...quiet,
    cwd: root,
  })
  execFileSync('npm', ['ci', '--silent'], quiet)
  execFileSync('npm', ['run', '-s', 'build'], quiet)
}

function writeProject() {
  mkdirSync(join(workdir, 'supabase/migrations'), { recursive: true })
  writeFileSync(
    join(workdir, 'supabase/config.toml'),
    `project_id = "upgrade"\n[api]\nport = ${port}\n[db]\nport = ${port + 1}\n[inbucket]\nport = ${port + 3}\n[studio]\nport = ${port + 2}\n[auth.mfa.totp]\nenroll_enabled = true\nverify_enabled = true\n[basalt]\nadmin_port = ${port + 7}\n`,
  )
  writeFileSync(
    join(workdir, 'supabase/migrations/20260101000000_notes.sql'),
    `create table public.notes (id bigint primary key, owner uuid default auth.uid(), body text not null);
     alter table public.notes enable row level security;
     create policy own on public.notes using ((select auth.uid()) = owner) with check ((select auth.uid()) = owner);
     create policy files on storage.objects for all to authenticated using (bucket_id = 'files') with check (bucket_id = 'files');
     create extension if not exists pg_cron;
     select cron.schedule('nightly', '0 3 * * *', 'select 1');`,
  )
}

/** Resolves when it is ready, or with what it said when it ended before. */
async function start(checkout) {
  const child = spawn(
    process.execPath,
    [join(checkout, 'packages/cli/bin/basalt.mjs'), '--workdir', workdir, 'start'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const began = performance.now()
  let said = ''
  const ended = new Promise((done) => child.once('exit', (code) => done(code)))
  const ready = new Promise((done) =>
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-20_000)
      if (said.includes('Ready in')) done(null)
    }),
  )
  const code = await Promise.race([ready, ended])
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  return { code, said: () => said, ms: Math.round(performance.now() - began), stop }
}

async function populate() {
  const admin = createClient(url, secret, options)
  const user = createClient(url, key, options)
  const made = await admin.auth.admin.createUser({
    email: 'a@example.com',
    password,
    email_confirm: true,
  })
  const signed = await user.auth.signInWithPassword({ email: 'a@example.com', password })
  const factor = await user.auth.mfa.enroll({ factorType: 'totp' })
  const challenge = await user.auth.mfa.challengeAndVerify({
    factorId: factor.data.id,
    code: totp(factor.data.totp.secret),
  })
  const rows = Array.from({ length: 500 }, (_, id) => ({ id, body: `note ${id} 😀` }))
  const inserted = await user.from('notes').insert(rows)
  await admin.storage.createBucket('files')
  const bytes = randomBytes(3_000_000)
  const stored = await user.storage.from('files').upload('a folder/b.bin', bytes)
  const link = await user.storage.from('files').createSignedUrl('a folder/b.bin', 3600)
  for (const { error } of [made, signed, factor, challenge, inserted, stored, link])
    if (error) throw error
  const { session } = (await user.auth.getSession()).data
  return {
    id: made.data.user.id,
    session,
    totpSecret: factor.data.totp.secret,
    usedCode: totp(factor.data.totp.secret),
    digest: createHash('sha256').update(bytes).digest('hex'),
    link: link.data.signedUrl,
  }
}

/** Writes on and on, also while nobody is there: what was acknowledged, and what else was answered. */
function load(session) {
  const acknowledged = new Set()
  const refused = new Map()
  let isOver = false
  let next = 10_000
  const writer = async () => {
    while (!isOver) {
      const id = next++
      const answer = await fetch(`${url}/rest/v1/notes`, {
        method: 'POST',
        headers: {
          apikey: key,
          authorization: `Bearer ${session.access_token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ id, body: `note ${id}` }),
      }).catch(() => null)
      if (answer?.status === 201) acknowledged.add(id)
      else {
        const what =
          answer === null
            ? 'no connection'
            : `${answer.status} ${(await answer.text()).slice(0, 80)}`
        refused.set(what, (refused.get(what) ?? 0) + 1)
        await pause(20)
      }
    }
  }
  const done = Promise.all(Array.from({ length: 8 }, writer))
  return {
    acknowledged,
    refused,
    stop: async () => {
      isOver = true
      await done
    },
  }
}

async function look(before, written) {
  const user = createClient(url, key, options)
  const refreshed = await user.auth.refreshSession({ refresh_token: before.session.refresh_token })
  check(
    'a session of then is refreshed',
    refreshed.data.user?.id === before.id,
    refreshed.error?.message ?? '',
  )
  const { data: level } = await user.auth.mfa.getAuthenticatorAssuranceLevel()
  check('and keeps its second factor', level?.currentLevel === 'aal2', level?.currentLevel ?? '')
  const other = createClient(url, key, options)
  const signed = await other.auth.signInWithPassword({ email: 'a@example.com', password })
  check('the password is right', signed.error === null, signed.error?.message ?? '')
  // a code is good for one use
  while (totp(before.totpSecret) === before.usedCode) await pause(200)
  const { data: factors } = await other.auth.mfa.listFactors()
  const proved = await other.auth.mfa.challengeAndVerify({
    factorId: factors?.totp[0]?.id ?? '',
    code: totp(before.totpSecret),
  })
  check('and the factor proves it', proved.error === null, proved.error?.message ?? '')
  const { count } = await user
    .from('notes')
    .select('*', { count: 'exact', head: true })
    .lt('id', 500)
  check('all rows of then', count === 500, String(count))
  const ids = new Set()
  for (let first = 10_000; ; first = Math.max(...ids) + 1) {
    const { data } = await user.from('notes').select('id').gte('id', first).order('id').limit(1000)
    for (const { id } of data ?? []) ids.add(id)
    if ((data ?? []).length < 1000) break
  }
  const lost = [...written.acknowledged].filter((id) => !ids.has(id))
  check(
    'every acknowledged write',
    lost.length === 0,
    `${written.acknowledged.size} acknowledged, ${lost.length} lost`,
  )
  const codes = [...written.refused].map(([what, times]) => `${times} × ${what}`)
  check(
    'what was refused says why',
    [...written.refused.keys()].every(
      (what) => what === 'no connection' || what.startsWith('503 {'),
    ),
    codes.join('; '),
  )
  const object = await user.storage.from('files').download('a folder/b.bin')
  const digest = createHash('sha256')
    .update(Buffer.from((await object.data?.arrayBuffer()) ?? []))
    .digest('hex')
  check('the object has its bytes', digest === before.digest)
  const linked = await fetch(before.link)
  check(
    'a link signed then opens it',
    linked.ok && (await linked.arrayBuffer()).byteLength === 3_000_000,
    String(linked.status),
  )
}

async function database(text) {
  const client = new pg.Client(`postgresql://postgres:postgres@127.0.0.1:${port + 1}/postgres`)
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}

try {
  build()
  writeProject()
  const old = await start(earlier)
  if (old.code !== null) throw new Error(`${from} did not start: ${old.said()}`)
  const before = await populate()
  const written = load(before.session)
  while (written.acknowledged.size < 500) await pause(20)
  await old.stop()
  const now = await start(root)
  check(
    'starts under this release',
    now.code === null,
    now.code === null ? `${now.ms} ms, the migrations with it` : now.said(),
  )
  const reached = written.acknowledged.size + 500
  while (written.acknowledged.size < reached) await pause(20)
  await written.stop()
  await look(before, written)
  const { rows } = await database(`select jobname from cron.job`)
  check('its jobs', rows.length === 1 && rows[0].jobname === 'nightly')
  await now.stop()
  const again = await start(root)
  check('and starts again', again.code === null, `${again.ms} ms`)
  await again.stop()

  await refuseTheLater()
} finally {
  if (process.env.EARLIER === undefined && existsSync(earlier))
    execFileSync('git', ['worktree', 'remove', '--force', earlier], { cwd: root })
  rmSync(folder, { recursive: true, force: true })
}
console.log(problems.length === 0 ? 'all of it is right' : `wrong: ${problems.join(', ')}`)
process.exitCode = problems.length === 0 ? 0 : 1

/** What this release does with the database of a later one; the earlier ones before it did not look. */
async function refuseTheLater() {
  const { startEmbeddedPostgres } = await import('../../packages/server/dist/host/node/index.js')
  const dataDir = join(workdir, 'supabase/.temp/pgdata')
  const postgres = await startEmbeddedPostgres({ dataDir })
  const client = new pg.Client(
    `postgres://${postgres.user}:${postgres.password}@127.0.0.1:${postgres.port}/postgres`,
  )
  await client.connect()
  await client.query(
    `insert into basalt.migrations (service, version, checksum) values ('auth', '9999_of_a_later_release', 'x')`,
  )
  await client.end()
  await postgres.stop()
  const refused = await start(root)
  const why = refused.said().trim().split('\n').slice(-3).join(' ')
  check(
    'a database of a later release is refused',
    refused.code === 1 && /newer Basalt/.test(refused.said()),
    why,
  )
  if (refused.code === null) await refused.stop()
}
