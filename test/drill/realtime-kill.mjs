/**
 * `npm run drill:realtime-kill [-- rounds [leader|redis|postgres]]`: three nodes on one database, changes all the time, and in each round kill -9 of
 * the node that reads the log, of Redis, of Postgres. Every committed change must have reached every authorised client that was
 * connected, and those that came back with their last position; none an unauthorised one. Exits 1 when not.
 */
import WebSocket from 'ws'
import { createNode, findLeader, openGround, pause, until, userToken } from './nodes.mjs'

const rounds = Number(process.argv[2] ?? 2)
const owners = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b']
const anon = userToken('00000000-0000-4000-8000-000000000000', 'anon')

const ground = await openGround()
const nodes = []
const clients = []
let problems = 0

/** One that hears the changes of one owner; with `resumes` it comes back to another node, with its last position. */
class Client {
  /** How often each id came. */
  seen = new Map()
  position = null
  gaps = 0
  isConnected = false
  /** It was connected when this change was about to be made. */
  since = Infinity
  isDone = false

  constructor(owner, node, resumes) {
    this.owner = owner
    this.node = node
    this.resumes = resumes
    this.connect()
  }

  connect() {
    this.socket = new WebSocket(
      `${this.node.url.replace('http', 'ws')}/realtime/v1/websocket?vsn=2.0.0&apikey=${anon}`,
    )
    this.socket.on('error', () => {})
    this.socket.on('open', () => this.join())
    this.socket.on('message', (data, isBinary) => isBinary || this.hear(JSON.parse(data)))
    this.socket.on('close', () => this.lose())
  }

  join() {
    const changes = [{ event: '*', schema: 'public', table: 'item' }]
    const resume = this.resumes ? { resume: { after: this.position } } : {}
    const payload = {
      config: { postgres_changes: changes, ...resume },
      access_token: userToken(this.owner),
    }
    this.socket.send(JSON.stringify(['1', '1', 'realtime:items', 'phx_join', payload]))
    this.beat = setInterval(
      () => this.socket.send(JSON.stringify([null, '2', 'phoenix', 'heartbeat', {}])),
      20_000,
    )
  }

  hear([, , , event, payload]) {
    if (payload.position !== undefined) this.position = payload.position
    if (event === 'postgres_changes') {
      const { id, owner } = payload.data.record
      if (owner !== this.owner) fail(`a client of ${this.owner} saw a row of ${owner}`)
      this.seen.set(id, (this.seen.get(id) ?? 0) + 1)
    } else if (event === 'system' && payload.status === 'ok') {
      this.isConnected = true
      this.since = Math.min(this.since, writer.nextId)
    } else if (event === 'system' && payload.status === 'gap') this.gaps++
    else if ((event === 'phx_reply' && payload.status === 'error') || event === 'phx_close')
      this.socket.close()
    else if (event === 'system' && payload.status === 'error') this.socket.close()
  }

  lose() {
    clearInterval(this.beat)
    this.isConnected = false
    if (this.isDone || !this.resumes) return
    setTimeout(() => {
      this.node = nodes[(nodes.indexOf(this.node) + 1) % nodes.length]
      this.connect()
    }, 100)
  }

  end() {
    this.isDone = true
    this.socket.terminate()
  }
}

function fail(what) {
  problems++
  console.log(`WRONG: ${what}`)
}

/** Inserts of 1 to 20 rows, for one owner or the other, again when Postgres is back. */
class Writer {
  nextId = 1
  isOver = false

  async run() {
    while (!this.isOver) {
      let session = null
      try {
        session = await ground.connect()
        while (!this.isOver) await this.write(session)
      } catch {
        await pause(50)
      } finally {
        session?.close()
      }
    }
  }

  async write(session) {
    const count = 1 + Math.floor(Math.random() * 20)
    const values = Array.from({ length: count }, () => {
      const owner = owners[Math.floor(Math.random() * 2)]
      return `(${this.nextId++}, '${owner}')`
    })
    await session.script('write', `insert into public.item values ${values.join(', ')}`)
    await pause(20)
  }
}

/** What must have come since: what is there. */
const committed = (since) =>
  ground.rows(`select id::int4, owner::text from public.item where id >= ${since} order by id`)

async function check(about, watched, since) {
  const rows = await committed(since)
  const of = (owner) => rows.filter((row) => row.owner === owner).map(({ id }) => id)
  const missing = (client) => of(client.owner).filter((id) => !client.seen.has(id))
  const begun = performance.now()
  await until(
    'everything arrived',
    () => watched.every((each) => missing(each).length === 0),
    30_000,
  ).catch(() => {})
  let [lost, twice, gaps] = [0, 0, 0]
  for (const client of watched) {
    const without = missing(client)
    lost += without.length
    if (without.length > 0)
      console.log(
        `  ${client.node.name}, ${client.resumes ? 'comes back' : 'connected'}: ${without.length}, the first ${String(without[0])}`,
      )
    for (const id of of(client.owner)) if (client.seen.get(id) > 1) twice++
    gaps += client.gaps
  }
  const kinds = `${watched.filter(({ resumes }) => !resumes).length} connected, ${watched.filter(({ resumes }) => resumes).length} that came back`
  console.log(
    `${about}: ${rows.length} changes; clients: ${kinds}; ${lost} lost, ${twice} twice, ${gaps} gaps told; caught up in ${(performance.now() - begun).toFixed(0)} ms`,
  )
  if (lost > 0) fail(`${about}: ${lost} changes did not arrive`)
  // over one connection nothing comes twice
  if (twice > 0) fail(`${about}: ${twice} changes came twice`)
  if (gaps > 0) fail(`${about}: ${gaps} gaps`)
}

const ready = () =>
  until('all clients are connected', () => clients.every((each) => each.isConnected))

async function killLeader() {
  await until('somebody reads the log', async () => (await findLeader(ground)) !== null)
  const name = await findLeader(ground)
  const leader = nodes.find((node) => node.name === name)
  const gone = clients.filter((client) => client.node === leader && !client.resumes)
  const begun = performance.now()
  await leader.kill()
  await until('another one reads', async () => ![null, name].includes(await findLeader(ground)))
  const tookMs = performance.now() - begun
  await pause(1_000)
  await leader.start()
  return {
    gone,
    note: `${name} was killed, ${await findLeader(ground)} reads after ${tookMs.toFixed(0)} ms`,
  }
}

async function killRedis() {
  await ground.redis.kill()
  await pause(3_000)
  await ground.redis.start()
  return { gone: [], note: 'Redis was killed, and back after 3 s' }
}

async function killPostgres() {
  await ground.killPostgres()
  await pause(1_000)
  await ground.startPostgres()
  return { gone: [], note: 'Postgres was killed, and back after 1 s' }
}

const kinds = [killLeader, killRedis, killPostgres].filter(
  ({ name }) => process.argv[3] === undefined || name.toLowerCase().includes(process.argv[3]),
)
const writer = new Writer()
try {
  for (const name of ['node-a', 'node-b', 'node-c']) nodes.push(await createNode(ground, name))
  await ground.script(`create table public.item (id int primary key, owner uuid not null);
    alter table public.item enable row level security;
    create policy own on public.item for select to authenticated using (owner = (select auth.uid()));
    grant select on public.item to authenticated; alter publication supabase_realtime add table public.item;`)
  for (const node of nodes)
    for (const owner of owners)
      for (const resumes of [false, false, true]) clients.push(new Client(owner, node, resumes))
  await ready()
  void writer.run()
  for (let round = 1; round <= rounds; round++)
    for (const kill of kinds) {
      await ready()
      const since = writer.nextId + 100
      await pause(2_000)
      const { gone, note } = await kill()
      await pause(4_000)
      console.log(`round ${round}: ${note}`)
      const watched = clients.filter((each) => each.since <= since && !gone.includes(each))
      await check(`round ${round}`, watched, since)
      for (const client of gone) {
        client.end()
        clients.splice(clients.indexOf(client), 1, new Client(client.owner, client.node, false))
      }
    }
  writer.isOver = true
} finally {
  for (const client of clients) client.end()
  for (const node of nodes) await node.stop()
  await ground.close()
}
if (problems > 0) for (const { name, said } of nodes) console.log(`--- ${name}\n${said}`)
console.log(problems === 0 ? 'everything arrived' : `${problems} problems`)
process.exitCode = problems === 0 ? 0 : 1
