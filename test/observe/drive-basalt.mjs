/** Uses every part of a project once, through supabase-js: what is measured of it then has values. */
import { createClient } from '@supabase/supabase-js'
import { WebSocket } from 'ws'

/** What the project has to have. */
export const schema = `
  create table public.notes (id int primary key, body text);
  grant all on public.notes to anon, authenticated, service_role;
  alter publication supabase_realtime add table public.notes;
  create extension if not exists pg_net with schema extensions;
  create extension if not exists pg_cron;
  select cron.schedule('nightly', '0 3 * * *', 'select 1');`

/** A function of `supabase/functions/hello/index.ts`. */
export const hello = `Deno.serve((request: Request) =>
  Response.json({ traceparent: request.headers.get('traceparent') }))`

const check = ({ data, error }) => {
  if (error) throw error
  return data
}

/**
 * `url` and `key` (of the service role) are the project's; `query` runs SQL as its owner; another `round` each time.
 * Resolves when everything has been answered, with the body of the function's answer.
 */
export async function driveBasalt({ url, key, query, round = 0, hasFunction = true }) {
  const client = createClient(url, key, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket },
  })
  check(await client.from('notes').insert({ id: 2 * round + 1, body: 'one' }))
  check(await client.from('notes').select())
  const missing = await client.from('nowhere').select()
  if (missing.status !== 404) throw new Error(`a table that is not there: ${missing.status}`)
  const email = `driver-${round}@example.com`
  check(await client.auth.admin.createUser({ email, password: 'long enough', email_confirm: true }))
  check(await client.storage.createBucket(`driven-${round}`))
  const bytes = new Uint8Array(200_000).fill(7)
  check(await client.storage.from(`driven-${round}`).upload('a.bin', bytes))
  const back = check(await client.storage.from(`driven-${round}`).download('a.bin'))
  if (back.size !== bytes.length) throw new Error(`an object of ${back.size} bytes`)
  await hearChange(client, 2 * round + 2)
  await query(`select net.http_get('${url}/health')`)
  return hasFunction ? check(await client.functions.invoke('hello')) : null
}

/** A change of a row arrives, and so does what is broadcast; the channel stays open for who measures it. */
async function hearChange(client, id) {
  await client.realtime.setAuth()
  const channel = client.channel('driven', { config: { broadcast: { self: true } } })
  const heard = { change: false, broadcast: false }
  await new Promise((resolve, reject) => {
    const done = (what) => {
      heard[what] = true
      if (heard.change && heard.broadcast) resolve()
    }
    channel
      .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'notes' }, () =>
        done('change'),
      )
      .on('broadcast', { event: 'shout' }, () => done('broadcast'))
      .on('system', {}, ({ status }) => {
        if (status !== 'ok') return
        void channel.send({ type: 'broadcast', event: 'shout', payload: {} })
        void client
          .from('notes')
          .insert({ id, body: 'two' })
          .then(() => {})
      })
      .subscribe((status, error) => {
        if (status === 'CHANNEL_ERROR' || status === 'TIMED_OUT') reject(error ?? new Error(status))
      })
  })
  opened.push(client)
}

const opened = []

/** Ends the WebSockets of all drives. */
export async function endDrives() {
  for (const client of opened.splice(0)) await client.removeAllChannels()
}

/** Samples of the text exposition format: `{ name, labels, value }`. */
export function parseSamples(text) {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) return []
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [
      key,
      text,
    ])
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }]
  })
}
