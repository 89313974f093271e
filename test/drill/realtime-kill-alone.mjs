/**
 * Part of `npm run drill:realtime-kill`: the only node is killed with -9 in the middle of changes and started again, each round.
 * Clients that come back with their last position get everything; supabase-js too, where it is told to note positions; without
 * them it gets what is committed from its return on.
 */
import { createClient } from '@supabase/supabase-js'
import WebSocket from 'ws'
import { createNode, openGround, pause, until, userToken } from './nodes.mjs'
import { Client, Heard, Writer, anonKey, count, fail, owners, schema } from './realtime-watch.mjs'

/** supabase-js as it is; `resumes` as docs/realtime.md shows it. */
class StockClient extends Heard {
  constructor(owner, node, { writer, resumes }) {
    super(owner)
    this.resumes = resumes
    const resume = { after: null }
    const logger = (kind, _, payload) => {
      if (kind === 'receive' && payload?.position !== undefined) resume.after = payload.position
    }
    this.supabase = createClient(node.url, anonKey, {
      realtime: { transport: WebSocket, ...(resumes ? { logger } : {}) },
    })
    void this.supabase.realtime.setAuth(userToken(owner))
    this.supabase
      .channel('stock', resumes ? { config: { broadcast: { resume } } } : {})
      .on('postgres_changes', { event: '*', schema: 'public', table: 'item' }, (change) =>
        this.note(change.new),
      )
      .on('system', {}, ({ status, extension }) => {
        if (status === 'gap') this.gaps++
        if (status === 'ok' && extension === 'postgres_changes') this.return(writer)
      })
      .subscribe((status) => (this.isConnected &&= status === 'SUBSCRIBED'))
  }

  /** What is committed from here on must arrive whatever it can. */
  return(writer) {
    this.subscribed(writer)
    this.returnedAt = writer.nextId
  }

  async end() {
    await this.supabase.removeAllChannels()
    await this.supabase.realtime.disconnect()
  }
}

export async function killAlone(rounds) {
  const ground = await openGround()
  const writer = new Writer(ground)
  const clients = []
  let node
  try {
    node = await createNode(ground, 'alone', { isAlone: true })
    await ground.script(schema)
    for (const owner of owners) {
      for (let i = 0; i < 10; i++)
        clients.push(new Client(owner, node, { writer, comesBackTo: () => node }))
      for (const resumes of [true, false])
        clients.push(new StockClient(owner, node, { writer, resumes }))
    }
    await ready(clients)
    void writer.run()
    for (let round = 1; round <= rounds; round++)
      await killOnce({ about: `alone, round ${round}`, ground, writer, node, clients })
    writer.isOver = true
  } finally {
    for (const client of clients) await client.end()
    await node?.stop()
    await ground.close()
  }
}

const ready = (clients) =>
  until('all clients are connected', () => clients.every((each) => each.isConnected))

async function killOnce({ about, ground, writer, node, clients }) {
  const since = writer.nextId + 100
  await pause(2_000)
  await node.kill()
  const killedAt = writer.nextId
  for (const client of clients) client.isConnected = false
  await pause(1_000)
  await node.start()
  const startedAt = writer.nextId
  await ready(clients)
  await pause(1_000)
  const coming = clients.filter(({ resumes }) => resumes)
  const others = clients.filter(({ resumes }) => !resumes)
  const { changes, tookMs, counts } = await count(ground, coming, since)
  const sum = (of) => counts.reduce((total, each) => total + of(each), 0)
  const lost = sum(({ missing }) => missing.length)
  const gaps = sum(({ client }) => client.gaps)
  console.log(
    `${about}: ${changes} changes, ${startedAt - killedAt} of them while it was down; ${coming.length} clients that resume: ${lost} lost, ${sum(({ twice }) => twice)} twice, ${gaps} gaps told; caught up in ${tookMs.toFixed(0)} ms`,
  )
  if (lost > 0) fail(`${about}: ${lost} changes did not arrive`)
  if (gaps > 0) fail(`${about}: ${gaps} gaps`)
  for (const client of others) {
    const all = await count(ground, [client], since, { waitMs: 500 })
    const [{ missing, twice }] = all.counts
    const late = missing.filter((id) => id >= client.returnedAt)
    console.log(
      `  supabase-js without positions: ${missing.length} missed, ${late.length} of them from its return on, ${twice} twice`,
    )
    if (late.length > 0) fail(`${about}: ${late.length} changes did not arrive behind its return`)
  }
}
