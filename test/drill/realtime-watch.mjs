/** Clients that note every change they hear, a writer that makes them all the time, and the count of what is missing. */
import WebSocket from 'ws'
import { pause, until, userToken } from './nodes.mjs'

export const owners = [
  '00000000-0000-4000-8000-00000000000a',
  '00000000-0000-4000-8000-00000000000b',
]
export const anonKey = userToken('00000000-0000-4000-8000-000000000000', 'anon')

export const schema = `create table public.item (id int primary key, owner uuid not null);
  alter table public.item enable row level security;
  create policy own on public.item for select to authenticated using (owner = (select auth.uid()));
  grant select on public.item to authenticated; alter publication supabase_realtime add table public.item;`

/** What was wrong so far. */
export const problems = { count: 0 }

export function fail(what) {
  problems.count++
  console.log(`WRONG: ${what}`)
}

/** What one client has heard; a row of another owner is wrong. */
export class Heard {
  /** How often each id came. */
  seen = new Map()
  gaps = 0
  isConnected = false
  /** It was connected when this change was about to be made. */
  since = Infinity

  constructor(owner) {
    this.owner = owner
  }

  note({ id, owner }) {
    if (owner !== this.owner) fail(`a client of ${this.owner} saw a row of ${owner}`)
    this.seen.set(id, (this.seen.get(id) ?? 0) + 1)
  }

  subscribed(writer) {
    this.isConnected = true
    this.since = Math.min(this.since, writer.nextId)
  }
}

/** One that hears the changes of one owner; with `comesBackTo` it comes back there, with its last position. */
export class Client extends Heard {
  position = null
  isDone = false

  constructor(owner, node, { writer, comesBackTo = null }) {
    super(owner)
    this.node = node
    this.writer = writer
    this.comesBackTo = comesBackTo
    this.connect()
  }

  get resumes() {
    return this.comesBackTo !== null
  }

  connect() {
    this.socket = new WebSocket(
      `${this.node.url.replace('http', 'ws')}/realtime/v1/websocket?vsn=2.0.0&apikey=${anonKey}`,
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
    if (event === 'postgres_changes') this.note(payload.data.record)
    else if (event === 'system' && payload.status === 'ok') this.subscribed(this.writer)
    else if (event === 'system' && payload.status === 'gap') this.gaps++
    else if ((event === 'phx_reply' && payload.status === 'error') || event === 'phx_close')
      this.socket.close()
    else if (event === 'system' && payload.status === 'error') this.socket.close()
  }

  lose() {
    clearInterval(this.beat)
    this.isConnected = false
    if (this.isDone || !this.resumes) return
    setTimeout(() => {
      this.node = this.comesBackTo(this.node)
      this.connect()
    }, 100)
  }

  end() {
    this.isDone = true
    this.socket.terminate()
  }
}

/** Inserts of 1 to 20 rows, for one owner or the other, again when Postgres is back. */
export class Writer {
  nextId = 1
  isOver = false

  constructor(ground) {
    this.ground = ground
  }

  async run() {
    while (!this.isOver) {
      let session = null
      try {
        session = await this.ground.connect()
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
async function committed(ground, since) {
  const text = `select id::int4, owner::text from public.item where id >= ${since} order by id`
  return ground.rows(text)
}

/** Waits for all of it, and counts what each has missed and had twice. */
export async function count(ground, watched, since, { waitMs = 30_000 } = {}) {
  const rows = await committed(ground, since)
  const of = (owner) => rows.filter((row) => row.owner === owner).map(({ id }) => id)
  const missingOf = (client) => of(client.owner).filter((id) => !client.seen.has(id))
  const begun = performance.now()
  await until(
    'everything arrived',
    () => watched.every((each) => missingOf(each).length === 0),
    waitMs,
  ).catch(() => {})
  const tookMs = performance.now() - begun
  const counts = watched.map((client) => ({
    client,
    missing: missingOf(client),
    twice: of(client.owner).filter((id) => client.seen.get(id) > 1).length,
  }))
  return { changes: rows.length, tookMs, counts }
}
