/** Everything realtime-js offers, used once, by a client on each of two nodes. Self-contained: it also runs in a page. */
import type { createClient as CreateClient } from '@supabase/supabase-js'

export interface RealtimeUse {
  readonly urls: readonly [string, string]
  readonly key: string
  readonly token: string
}

/** What has to be there: a table, its changes to its owner alone, a message to the private `room` for each row. */
export const realtimeSchema = `
create table public.note (id int primary key, owner uuid default auth.uid(), text text);
alter table public.note enable row level security;
create policy own on public.note for all to authenticated using (owner = (select auth.uid())) with check (true);
grant all on public.note to authenticated;
alter publication supabase_realtime add table public.note;
create policy room on realtime.messages for all to authenticated using (realtime.topic() = 'room') with check (realtime.topic() = 'room');
create function public.tell() returns trigger language plpgsql security definer as $$
begin
  perform realtime.send(jsonb_build_object('text', new.text), 'noted', 'room', true);
  return new;
end $$;
create trigger tell after insert on public.note for each row execute function public.tell();`

/** What it heard, by feature. */
export async function useRealtime(
  createClient: typeof CreateClient,
  { urls, key, token }: RealtimeUse,
  realtime: Record<string, unknown> = {},
): Promise<Record<string, unknown>> {
  const open = (url: string) =>
    createClient(url, key, {
      realtime,
      global: { headers: { Authorization: `Bearer ${token}` } },
      auth: { persistSession: false },
    })
  const clients = [open(urls[0]), open(urls[1])] as const
  const [a, b] = clients
  await Promise.all(clients.map((client) => client.realtime.setAuth(token)))
  const until = async (what: string, isThere: () => boolean): Promise<void> => {
    for (let i = 0; !isThere(); i++) {
      if (i > 500) throw new Error(`waited in vain for ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const joined = (channel: ReturnType<typeof a.channel>): Promise<unknown> =>
    new Promise((resolve, reject) =>
      channel.subscribe((status, error) => {
        if (status === 'SUBSCRIBED') resolve(status)
        else if (status !== 'CLOSED') reject(error ?? new Error(status))
      }),
    )
  const heard: Record<string, unknown> = {}

  // broadcast: to others, to oneself, acknowledged, over HTTP, as bytes
  const said: unknown[] = []
  const bytes: number[] = []
  const self: unknown[] = []
  const speaker = a
    .channel('talk', { config: { broadcast: { self: true, ack: true } } })
    .on('broadcast', { event: 'text' }, ({ payload }) => self.push(payload.n))
  const listener = b
    .channel('talk')
    .on('broadcast', { event: 'text' }, ({ payload }) => said.push(payload.n))
    .on('broadcast', { event: 'bytes' }, ({ payload }) =>
      bytes.push(...new Uint8Array(payload as unknown as ArrayBuffer)),
    )
  await Promise.all([joined(speaker), joined(listener)])
  heard['ack'] = await speaker.send({ type: 'broadcast', event: 'text', payload: { n: 1 } })
  heard['http'] = (await speaker.httpSend('text', { n: 2 })).success
  await speaker.send({
    type: 'broadcast',
    event: 'bytes',
    payload: new Uint8Array([0, 255]).buffer as never,
  })
  await until('broadcasts', () => said.length === 2 && bytes.length === 2 && self.length === 2)
  Object.assign(heard, { said, bytes, self })

  // presence: who is there, who comes, who goes
  const presence: string[] = []
  const here = a.channel('who', { config: { presence: { key: 'ann' } } })
  const there = b
    .channel('who', { config: { presence: { key: 'bob' } } })
    .on('presence', { event: 'sync' }, () => {})
    .on('presence', { event: 'join' }, ({ key: who }) => presence.push(`${who} came`))
    .on('presence', { event: 'leave' }, ({ key: who }) => presence.push(`${who} went`))
  await Promise.all([joined(here), joined(there)])
  await here.track({ mood: 'good' })
  await until('ann', () => there.presenceState()['ann'] !== undefined)
  heard['state'] = (there.presenceState()['ann'] as unknown as { mood: string }[])[0]?.mood
  await here.untrack()
  await until('her end', () => presence.includes('ann went'))
  heard['presence'] = presence

  // changes of rows, and messages of SQL on a private channel, again for who comes later
  const changes: string[] = []
  const noted: unknown[] = []
  let isReady = false
  const rows = b
    .channel('rows')
    .on('postgres_changes', { event: '*', schema: 'public', table: 'note' }, (change) =>
      changes.push(`${change.eventType} ${(change.new as { text?: string }).text ?? ''}`),
    )
    .on(
      'postgres_changes',
      { event: 'INSERT', schema: 'public', table: 'note', filter: 'id=eq.99' },
      () => changes.push('not this one'),
    )
    .on('system', {}, ({ status }) => (isReady ||= status === 'ok'))
  const room = b
    .channel('room', { config: { private: true } })
    .on('broadcast', { event: 'noted' }, ({ payload }) => noted.push(payload.text))
  await Promise.all([joined(rows), joined(room)])
  await until('the subscription', () => isReady)
  await a.from('note').insert({ id: 1, text: 'x' }).throwOnError()
  await a.from('note').update({ text: 'y' }).eq('id', 1).throwOnError()
  await a.from('note').delete().eq('id', 1).throwOnError()
  await until('changes', () => changes.length === 3 && noted.length === 1)
  Object.assign(heard, { changes, noted })
  const replayed: unknown[] = []
  const late = a
    .channel('room', { config: { private: true, broadcast: { replay: { since: 0 } } } })
    .on('broadcast', { event: 'noted' }, ({ payload, meta }) =>
      replayed.push([payload.text, meta?.replayed]),
    )
  await joined(late)
  await until('the replay', () => replayed.length === 1)
  heard['replayed'] = replayed
  heard['refused'] = await joined(a.channel('other', { config: { private: true } })).catch(
    () => 'refused',
  )

  for (const client of clients) await client.removeAllChannels()
  heard['channels'] = clients.map((client) => client.getChannels().length)
  return heard
}

export const everythingHeard = {
  ack: 'ok',
  http: true,
  said: [1, 2],
  bytes: [0, 255],
  self: [1, 2],
  state: 'good',
  presence: ['ann came', 'ann went'],
  changes: ['INSERT x', 'UPDATE y', 'DELETE '],
  noted: ['x'],
  replayed: [['x', true]],
  refused: 'refused',
  channels: [0, 0],
}

/** What arrives of a row that is inserted at `SUBSCRIBED`: by a client whose token is fetched, before it subscribes or while. */
export async function useAccessToken(
  createClient: typeof CreateClient,
  { urls, key, token }: RealtimeUse,
  realtime: Record<string, unknown> = {},
): Promise<readonly string[]> {
  const heard: string[] = []
  for (const waits of [true, false]) {
    const supabase = createClient(urls[0], key, {
      realtime,
      accessToken: () => new Promise((resolve) => setTimeout(() => resolve(token), 100)),
    })
    if (waits) await supabase.realtime.setAuth()
    const text = waits ? 'known' : 'late'
    await new Promise((resolve, reject) => {
      supabase
        .channel('rows')
        .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'note' }, (change) => {
          heard.push((change.new as { text: string }).text)
          resolve(null)
        })
        .subscribe((status) => {
          if (status === 'SUBSCRIBED')
            void fetch(`${urls[0]}/rest/v1/note`, {
              method: 'POST',
              headers: {
                apikey: key,
                authorization: `Bearer ${token}`,
                'content-type': 'application/json',
              },
              body: JSON.stringify({ id: waits ? 50 : 51, text }),
            })
          setTimeout(() => reject(new Error(`no change for a token that is ${text}`)), 20_000)
        })
    })
    await supabase.removeAllChannels()
  }
  return heard
}
