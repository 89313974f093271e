/**
 * `npm run drill:failover`: two real Postgres servers, one the standby of the other, a node that knows both, eight writers, readers, and a
 * client of Realtime. The primary is killed, the standby promoted, the old primary started again as nobody's. Every acknowledged write
 * must be on the new primary, none on the old one, what failed must have been told with a code, and every change must have reached the
 * client or been told as a gap. `SLOTS=off`: the standby does not keep the replication slot.
 */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@supabase/supabase-js'
import pg from 'pg'
import ws from 'ws'
import { freePort, startEmbeddedPostgres } from '../../packages/server/dist/host/node/index.js'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'basalt-drill-failover-'))
const keepsSlots = process.env.SLOTS !== 'off'
const secret = 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'
const password = 'drill'
const settings = { wal_level: 'logical', hot_standby_feedback: 'on', max_connections: '120' }
const problems = []
const urlOf = ({ user, port }) => `postgres://${user}:${password}@127.0.0.1:${port}/postgres`

function check(name, isRight, detail = '') {
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${name}${detail === '' ? '' : `: ${detail}`}`)
  if (!isRight) problems.push(name)
}

async function ask(server, text) {
  const client = new pg.Client(urlOf(server))
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

async function until(what, isSo, seconds = 30) {
  const deadline = performance.now() + seconds * 1000
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Not within ${seconds} s: ${what}`)
    await pause(20)
  }
}

/** A copy of the running primary that follows it; writes are acknowledged when both have them. */
async function follow(primary, dataDir) {
  const client = new pg.Client(urlOf(primary))
  await client.connect()
  await client.query(`select pg_backup_start('drill', true)`)
  const left = /^(postmaster\.(pid|opts)|pg_replslot|pg_stat_tmp|pgsql_tmp.*)$/
  cpSync(primary.dataDir, dataDir, {
    recursive: true,
    filter: (path) => !left.test(basename(path)),
  })
  const { rows } = await client.query('select labelfile from pg_backup_stop(false)')
  await client.query(`select pg_create_physical_replication_slot('standby', true)`)
  await client.end()
  mkdirSync(join(dataDir, 'pg_replslot'), { recursive: true })
  writeFileSync(join(dataDir, 'backup_label'), rows[0].labelfile)
  writeFileSync(join(dataDir, 'standby.signal'), '')
  spawnSync('chown', ['-R', '--reference', primary.dataDir, dataDir])
  const standby = await startEmbeddedPostgres({
    dataDir,
    password,
    settings: {
      ...settings,
      primary_conninfo: `host=127.0.0.1 port=${primary.port} user=${primary.user} password=${password} dbname=postgres application_name=standby`,
      primary_slot_name: 'standby',
      sync_replication_slots: keepsSlots ? 'on' : 'off',
    },
  })
  await ask(primary, `alter system set synchronous_standby_names = 'standby'`)
  await ask(
    primary,
    `alter system set synchronized_standby_slots = '${keepsSlots ? 'standby' : ''}'`,
  )
  await ask(primary, 'select pg_reload_conf()')
  await until('the standby is synchronous', async () => {
    const found = await ask(primary, `select sync_state from pg_stat_replication`)
    return found[0]?.sync_state === 'sync'
  })
  return { ...standby, dataDir }
}

async function startNode(servers) {
  const workdir = join(folder, 'node')
  const [api, admin] = [await freePort(), await freePort()]
  mkdirSync(join(workdir, 'supabase'), { recursive: true })
  writeFileSync(
    join(workdir, 'supabase/config.toml'),
    `project_id = "failover"\n[api]\nport = ${api}\n[inbucket]\nenabled = false\n[studio]\nenabled = false\n[basalt]\nadmin_port = ${admin}\nlog_requests = false\n[realtime]\nresume_window = "5s"\n`,
  )
  const hosts = servers.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const dbUrl = `postgres://${servers[0].user}:${password}@${hosts}/postgres`
  const child = spawn(
    process.execPath,
    [join(root, 'packages/cli/bin/basalt.mjs'), '--workdir', workdir, 'start', '--db-url', dbUrl],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const node = { url: `http://127.0.0.1:${api}`, said: '', stop: () => child.kill('SIGTERM') }
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (node.said = (node.said + chunk).slice(-50_000)))
  await until('the node is ready', () => node.said.includes('Ready in'))
  return node
}

/** Writes on and on; the longest time in which nothing was acknowledged is how long the failover was. */
function load(node) {
  const acknowledged = new Set()
  const refused = new Map()
  let [isOver, next, lastAt, longest] = [false, 1, performance.now(), 0]
  const writer = async () => {
    while (!isOver) {
      const id = next++
      const answer = await fetch(`${node.url}/rest/v1/notes`, {
        method: 'POST',
        headers: { apikey: secret, 'content-type': 'application/json' },
        body: JSON.stringify({ id }),
      }).catch(() => null)
      if (answer?.status === 201) {
        acknowledged.add(id)
        longest = Math.max(longest, performance.now() - lastAt)
        lastAt = performance.now()
        continue
      }
      const { code } = (await answer?.json().catch(() => null)) ?? {}
      const what = answer === null ? 'no connection' : `${answer.status} ${code}`
      refused.set(what, (refused.get(what) ?? 0) + 1)
      await pause(20)
    }
  }
  const done = Promise.all(Array.from({ length: 8 }, writer))
  return {
    acknowledged,
    refused,
    longest: () => longest,
    stop: async () => {
      isOver = true
      await done
    },
  }
}

/** A stock client of Realtime. */
async function watch(node) {
  const client = createClient(node.url, secret, {
    auth: { persistSession: false },
    realtime: { transport: ws },
  })
  const seen = new Map()
  let gaps = 0
  const channel = client
    .channel('notes')
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'notes' }, (change) =>
      seen.set(change.new.id, (seen.get(change.new.id) ?? 0) + 1),
    )
    .on('system', {}, (told) => (gaps += told.status === 'gap' ? 1 : 0))
  let isReady = false
  channel.subscribe()
  channel.on('system', {}, (told) => (isReady ||= told.status === 'ok'))
  await until('Realtime listens', () => isReady)
  return { seen, gaps: () => gaps, close: () => client.removeAllChannels() }
}

const dirs = { one: join(folder, 'one'), two: join(folder, 'two') }
const started = []
try {
  const one = {
    ...(await startEmbeddedPostgres({ dataDir: dirs.one, password, settings })),
    dataDir: dirs.one,
  }
  started.push(one)
  const two = await follow(one, dirs.two)
  started.push(two)
  const node = await startNode([one, two])
  started.push({ stop: () => node.stop() })
  await ask(
    one,
    `create table public.notes (id bigint primary key); grant all on public.notes to service_role;
     alter publication supabase_realtime add table public.notes`,
  )
  const watched = await watch(node)
  const written = load(node)
  await until('1,000 writes', () => written.acknowledged.size > 1000)
  if (keepsSlots)
    // once what is confirmed (a resume_window late) has passed where the copy began; its worker looks every 30 s at least
    await until(
      'the standby has the slot',
      async () => {
        const found = await ask(
          two,
          `select synced, temporary from pg_replication_slots where slot_name like 'basalt%'`,
        )
        return found.some(({ synced, temporary }) => synced && !temporary)
      },
      90,
    )

  await one.stop('immediate')
  await ask(two, 'select pg_promote()')
  const atPromotion = written.acknowledged.size
  await until('writes go on', () => written.acknowledged.size > atPromotion + 500)
  console.log(`     longest time without a write: ${Math.round(written.longest())} ms`)

  // an old primary that comes back as if nothing had been, before anybody has fenced it
  const old = await startEmbeddedPostgres({ dataDir: dirs.one, password, port: one.port, settings })
  started[0] = old
  await ask(old, `alter system set synchronous_standby_names = ''`)
  await ask(old, 'select pg_reload_conf()')
  const [{ count: before }] = await ask(old, 'select count(*) from public.notes')
  const reached = written.acknowledged.size + 500
  await until('and on', () => written.acknowledged.size > reached)
  await written.stop()
  const [{ count: after }] = await ask(old, 'select count(*) from public.notes')
  check(
    'nothing was written on the wrong side',
    before === after,
    `${before} rows there before and after`,
  )

  const rows = new Set((await ask(two, 'select id from public.notes')).map(({ id }) => Number(id)))
  const lost = [...written.acknowledged].filter((id) => !rows.has(id))
  check(
    'every acknowledged write',
    lost.length === 0,
    `${written.acknowledged.size} acknowledged, ${lost.length} lost`,
  )
  const told = [...written.refused]
  check(
    'what failed was told with a code',
    told.every(([what]) => /^50[0-9] \w+$/.test(what)),
    told.map(([what, times]) => `${times} × ${what}`).join(', '),
  )
  check('writes went on within 5 s', written.longest() < 5000)
  await until('changes come again', () => [...rows].slice(-100).every((id) => watched.seen.has(id)))
  const missed = [...rows].filter((id) => !watched.seen.has(id)).length
  const twice = [...watched.seen.values()].filter((times) => times > 1).length
  check(
    'Realtime missed nothing, or told of a gap',
    (missed === 0 || watched.gaps() > 0) && twice === 0,
    `${missed} of ${rows.size} missed, ${twice} twice, ${watched.gaps()} gaps told`,
  )
  if (keepsSlots) check('with the slot kept, nothing is missed', missed === 0)
  if (process.env.DRILL_VERBOSE) console.log(node.said)
  await watched.close()
} finally {
  for (const each of started.reverse()) await each.stop('immediate')
  rmSync(folder, { recursive: true, force: true })
}
console.log(problems.length === 0 ? 'all of it is right' : `wrong: ${problems.join(', ')}`)
process.exit(problems.length === 0 ? 0 : 1)
