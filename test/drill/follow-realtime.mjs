/** What the stock client hears of an adopted database. */
import { createClient } from '@supabase/supabase-js'
import { serve } from '@basalt/server/node'
import ws from 'ws'

/** What SQL sends to a private channel, and a row that passes a filter, arrive at the stock client. */
export async function follow({ platform }, execute) {
  const listening = await serve({
    host: '127.0.0.1',
    port: 0,
    purpose: 'the drill',
    portOption: 'none',
    handle: (request) => platform.handle(request),
    upgrade: (request) => platform.upgrade(request),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    maxHeaderBytes: 65_536,
    headerTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    keepAliveTimeoutMs: 10_000,
  })
  const client = createClient(
    `http://127.0.0.1:${listening.port}`,
    platform.keys.anonKey ?? platform.keys.publishableKey,
    { realtime: { transport: ws } },
  )
  try {
    const joined = (channel) =>
      new Promise((resolve, reject) => {
        channel.subscribe((status, error) => {
          if (status === 'SUBSCRIBED') resolve()
          else if (status !== 'CLOSED') reject(new Error(`${status} ${error?.message}`))
        })
      })
    const event = (listen) =>
      new Promise((resolve, reject) => {
        listen(resolve)
        setTimeout(() => reject(new Error('nothing arrived')), 10_000).unref()
      })
    const room = client.channel('room:1', { config: { private: true } })
    const message = event((heard) => room.on('broadcast', { event: 'hello' }, heard))
    const notes = client.channel('notes')
    const subscribed = event((heard) =>
      notes.on('system', {}, ({ extension, status }) => {
        if (extension === 'postgres_changes' && status === 'ok') heard()
      }),
    )
    const binding = { event: 'INSERT', schema: 'public', table: 'notes', filter: 'title=like.new%' }
    const row = event((heard) => notes.on('postgres_changes', binding, heard))
    await Promise.all([joined(room), joined(notes), subscribed])
    await execute(
      `select realtime.send('{"a": 1}', 'hello', 'room:1', true)`,
      `insert into public.notes values (1, 'old'), (2, 'new note')`,
    )
    const [sent, changed] = await Promise.all([message, row])
    if (sent.payload.a !== 1) throw new Error(JSON.stringify(sent))
    if (changed.new.id !== 2) throw new Error(JSON.stringify(changed))
  } finally {
    await client.removeAllChannels()
    await client.realtime.disconnect()
    await listening.close(0)
  }
}
