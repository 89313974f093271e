/** What a key that may only read may not do, by every way there is; and that one that writes may. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TestPlatform } from '@basalt/server/testing'
import { ask, clientOf, newUser, notes, startWithKeys } from './api-key-users.ts'
import type { KeyRow, KeyUser } from './api-key-users.ts'
import { RealtimeClient } from './realtime-client.ts'

let server: TestPlatform
let ann: KeyUser
let reading: KeyRow
let writing: KeyRow
beforeAll(async () => {
  server = await startWithKeys({
    schema: `${notes}
      alter publication supabase_realtime add table public.notes;
      create function public.sneak() returns void language plpgsql volatile as $$
      begin
        perform set_config('transaction_read_only', 'off', true);
        insert into public.notes (body) values ('sneaked');
      end $$;`,
  })
  await server.script(`
    alter publication supabase_realtime add table public.api_keys;
    insert into storage.buckets (id, name, public) values ('files', 'files', false);
    create policy own on storage.objects for all to authenticated using (owner = auth.uid()) with check (owner = auth.uid());
    create policy see on storage.buckets for select to authenticated using (true);
    create policy hear on realtime.messages for select to authenticated using (true);
    create policy say on realtime.messages for insert to authenticated with check (true);`)
  ann = await newUser(server)
  reading = await ann.makeKey({ permissions: { read: true, write: false } })
  writing = await ann.makeKey()
})
afterAll(() => server.close())

const json = { 'content-type': 'application/json' }
const count = (): Promise<number> => server.count('select count(*)::int as n from public.notes')
const objects = (): Promise<number> =>
  server.count('select count(*)::int as n from storage.objects')

describe('a key that reads', () => {
  const write = (path: string, method: string, body = '{"body":"x"}', more = {}) =>
    ask(server, path, { 'x-api-key': reading.key, ...json, ...more }, { method, body })

  test.each([
    ['an insert', '/rest/v1/notes', 'POST', undefined],
    ['an upsert', '/rest/v1/documents?on_conflict=user_id,path', 'POST', '{"path":"/x"}'],
    ['an update', '/rest/v1/notes?id=gt.0', 'PATCH', undefined],
    ['a delete', '/rest/v1/notes?id=gt.0', 'DELETE', ''],
    ['a function that writes', '/rest/v1/rpc/write_note', 'POST', undefined],
    ['a function that undoes read-only', '/rest/v1/rpc/sneak', 'POST', '{}'],
  ])('is refused %s by the read-only transaction', async (_, path, method, body) => {
    const before = await count()
    const { status, text } = await write(path, method, body)
    const code = path.endsWith('sneak') ? '"25001"' : '"25006"'
    expect([status, text]).toEqual([code === '"25001"' ? 500 : 405, expect.stringContaining(code)])
    expect(await count()).toBe(before)
  })

  test('is refused a write among the steps of a transaction', async () => {
    const before = await count()
    const steps = [
      { method: 'GET', path: '/notes' },
      { method: 'POST', path: '/notes', body: { body: 'step' } },
    ]
    const { status, text } = await write(
      '/rest/v1/rpc/transaction',
      'POST',
      JSON.stringify({ steps }),
    )
    expect([status >= 400, text]).toEqual([true, expect.stringContaining('25006')])
    const sneaking = JSON.stringify({ steps: [{ method: 'POST', path: '/rpc/sneak', body: {} }] })
    expect((await write('/rest/v1/rpc/transaction', 'POST', sneaking)).status).toBeGreaterThan(399)
    expect(await count()).toBe(before)
  })

  const upload = { 'content-type': 'text/plain' }
  const tus = {
    'tus-resumable': '1.0.0',
    'upload-length': '1',
    'upload-metadata': `bucketName ${btoa('files')},objectName ${btoa('tus.txt')}`,
  }
  test.each([
    ['an upload', '/object/files/a.txt', 'POST', 'x', upload],
    ['an overwrite', '/object/files/a.txt', 'PUT', 'x', upload],
    ['a resumable upload', '/upload/resumable', 'POST', '', tus],
    ['a signed upload URL', '/object/upload/sign/files/b.txt', 'POST', '', {}],
    [
      'a move',
      '/object/move',
      'POST',
      '{"bucketId":"files","sourceKey":"a","destinationKey":"b"}',
      json,
    ],
    [
      'a copy',
      '/object/copy',
      'POST',
      '{"bucketId":"files","sourceKey":"a","destinationKey":"b"}',
      json,
    ],
    ['a removal', '/object/files', 'DELETE', '{"prefixes":["a.txt"]}', json],
    ['a bucket', '/bucket', 'POST', '{"name":"more"}', json],
  ])('is refused %s', async (_, path, method, body, headers) => {
    const { status, text } = await write(`/storage/v1${path}`, method, body, headers)
    expect([status >= 400, text]).toEqual([
      true,
      expect.stringContaining('The API key may only read'),
    ])
    expect(await objects()).toBe(0)
  })

  test('lists and downloads', async () => {
    const full = clientOf(server, writing.key).storage.from('files')
    expect((await full.upload('mine.txt', 'bytes')).error).toBeNull()
    const bucket = clientOf(server, reading.key).storage.from('files')
    expect((await bucket.list()).data?.map(({ name }) => name)).toEqual(['mine.txt'])
    expect(await (await bucket.download('mine.txt')).data?.text()).toBe('bytes')
    expect((await bucket.createSignedUrl('mine.txt', 60)).error).toBeNull()
    expect((await full.remove(['mine.txt'])).data).toHaveLength(1)
  })

  test('is refused functions and broadcasts', async () => {
    const messages = [{ topic: 'talk', event: 'x', payload: {} }]
    const sent = await write('/realtime/v1/api/broadcast', 'POST', JSON.stringify({ messages }))
    expect(sent.status).toBe(403)
    const one = await write('/realtime/v1/api/broadcast/talk/events/x', 'POST', '{}')
    expect(one.status).toBe(403)
  })
})

describe('of Auth any key', () => {
  test('reads its user', async () => {
    const { status, text } = await ask(server, '/auth/v1/user', { 'x-api-key': reading.key })
    expect([status, (JSON.parse(text) as { id: unknown }).id]).toEqual([200, ann.id])
  })

  test.each([
    ['/user', 'PUT', '{"password":"another horse battery"}'],
    ['/factors', 'POST', '{"factor_type":"totp"}'],
    ['/logout', 'POST', ''],
    ['/token?grant_type=password', 'POST', '{"email":"a@example.com","password":"x"}'],
    ['/admin/users', 'GET', undefined],
  ])('is refused %s', async (path, method, body) => {
    const init = body === undefined ? { method } : { method, body }
    const headers = { 'x-api-key': writing.key, ...json }
    const { status, text } = await ask(server, `/auth/v1${path}`, headers, init)
    expect([status, text]).toEqual([403, expect.stringContaining('api_key_not_admitted')])
  })

  test('administers nothing', async () => {
    for (const path of ['/admin/v1/projects/default/api-keys', '/pg/generators/typescript']) {
      const { status } = await ask(server, path, { 'x-api-key': writing.key })
      expect(status).toBeGreaterThanOrEqual(401)
    }
  })
})

describe('over a WebSocket', () => {
  const open = (key: string): Promise<RealtimeClient> => new RealtimeClient(server, key).open()

  test('a key hears the changes of its user, and no plaintext', async () => {
    const client = await open(reading.key)
    const changes = [
      { event: '*', schema: 'public', table: 'notes' },
      { event: '*', schema: 'public', table: 'api_keys' },
    ]
    await client.join('realtime:changes', { postgres_changes: changes })
    const other = await newUser(server)
    await other.client.from('notes').insert({ body: 'of another' })
    await ann.client.from('notes').insert({ body: 'heard' })
    const made = await ann.makeKey({ name: 'announced' })
    const heardOf: unknown[] = []
    while (!JSON.stringify(heardOf).includes('announced'))
      heardOf.push(await client.find('realtime:changes', 'postgres_changes'))
    // the use of keys is heard too
    const ofNotes = heardOf.filter((change) => JSON.stringify(change).includes('"body"'))
    expect(ofNotes).toMatchObject([{ data: { record: { body: 'heard', user_id: ann.id } } }])
    expect(heardOf.at(-1)).toMatchObject({ data: { type: 'INSERT', record: { id: made.id } } })
    expect(JSON.stringify(heardOf)).not.toContain('basalt_ak_')
    client.socket.terminate()
  })

  test('a key that reads says nothing: neither in public nor in private', async () => {
    const [quiet, loud, ear] = [
      await open(reading.key),
      await open(writing.key),
      await open(writing.key),
    ]
    for (const [topic, isPrivate] of [
      ['realtime:open', false],
      ['realtime:closed', true],
    ] as const) {
      for (const client of [quiet, loud, ear]) await client.join(topic, { private: isPrivate })
      const say = (n: number) => ({ type: 'broadcast', event: 'x', payload: { n } })
      quiet.send(topic, 'broadcast', say(1))
      quiet.send(topic, 'presence', { type: 'presence', event: 'track', payload: {} })
      await quiet.find(topic, 'phx_reply')
      loud.send(topic, 'broadcast', say(2))
      expect(await ear.find(topic, 'broadcast')).toMatchObject({ payload: { n: 2 } })
    }
    for (const { socket } of [quiet, loud, ear]) socket.terminate()
  })

  test('a key that is deleted closes its connections', async () => {
    const gone = await ann.makeKey()
    const client = await open(gone.key)
    await client.join('realtime:still', {})
    await ann.client.from('api_keys').delete().eq('id', gone.id)
    await vi.waitUntil(() => client.closed !== null, { timeout: 15_000, interval: 10 })
    expect(client.closed).toBe(1008)
  })

  test.each(['basalt_ak_nothing', 'basalt_ak_'.padEnd(59, 'A')])('%s is refused', async (key) => {
    await expect(open(key)).rejects.toThrow('401')
  })

  test('an unknown key as the token of a join is refused', async () => {
    const client = await new RealtimeClient(server).open()
    await client.join('realtime:joined', {}, 'basalt_ak_'.padEnd(59, 'A')).catch(() => {})
    expect(client.messages.filter(([, , , event]) => event === 'broadcast')).toEqual([])
    client.socket.terminate()
  })
})
