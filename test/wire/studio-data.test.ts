import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStudio } from '@basalt/server/testing'
import type { TestStudio } from '@basalt/server/testing'

let studio: TestStudio
const alice = '11111111-1111-4111-8111-111111111111'
let notes = 0
let big = 0

beforeAll(async () => {
  studio = await startTestStudio({
    schema: `
      set role postgres;
      create table notes (id int primary key, owner uuid, body text);
      alter table notes enable row level security;
      create policy own on notes to authenticated using (owner = auth.uid() and body <> 'secret');
      insert into notes values (1, '${alice}', 'hers'), (2, gen_random_uuid(), 'his'), (3, '${alice}', 'secret');
      create table big (id int primary key, v text);`,
  })
  const { relations } = (await studio.ask('GET', '/catalog?schema=public')).json as {
    relations: { name: string; oid: number }[]
  }
  const oidOf = (name: string) =>
    relations.find((relation) => relation.name === name)?.oid as number
  notes = oidOf('notes')
  big = oidOf('big')
})
afterAll(() => studio.close())

const path = (rest: string): string => `/admin/v1/projects/default${rest}`
const headers = () => ({
  origin: studio.url,
  'x-basalt-studio': '1',
  'sec-fetch-site': 'same-origin',
})

/** A body of unknown length, in pieces; `cut` breaks the connection in the middle. */
function upload(
  to: string,
  pieces: Iterable<string>,
  cut = false,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${studio.url}${path(to)}`, {
      method: 'POST',
      headers: { ...headers(), 'content-type': 'text/csv' },
    })
    asked.on('error', (error) => (cut ? resolve({ status: 0, text: '' }) : reject(error)))
    asked.on('response', (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    const next = async () => {
      for (const piece of pieces)
        if (!asked.write(piece)) await new Promise((drained) => asked.once('drain', drained))
      if (cut) asked.destroy()
      else asked.end()
    }
    void next()
  })
}

test('a table is read, changed, and changed by two: the second is told', async () => {
  const change = (old: string, now: string) =>
    studio.ask('POST', `/relations/${notes}/changes`, {
      updates: [{ key: ['2'], old: { body: old }, new: { body: now } }],
    })
  expect((await studio.ask('POST', `/relations/${notes}/rows`, {})).json).toMatchObject({
    keys: [['1'], ['2'], ['3']],
  })
  expect((await change('his', 'changed')).status).toBe(200)
  const second = await change('his', 'mine')
  expect([second.status, second.json]).toMatchObject([
    409,
    { code: 'studio_rows_conflict', conflicts: [{ key: ['2'] }] },
  ])
})

test('a large file goes in as it arrives, and comes out the same', async () => {
  const line = (n: number): string => `${n},${'row '.repeat(20)}${n}\r\n`
  function* file() {
    yield 'id,v\r\n'
    for (let at = 0; at < 100_000; at += 1_000)
      yield Array.from({ length: 1_000 }, (_, n) => line(at + n)).join('')
  }
  const sent = await upload(`/relations/${big}/import?id=large`, file())
  expect([sent.status, JSON.parse(sent.text)]).toMatchObject([200, { rows: 100_000 }])
  const hash = createHash('sha256')
  for (const piece of file()) hash.update(piece)
  const back = await studio.send('POST', path(`/relations/${big}/export`), {
    body: { format: 'csv' },
  })
  expect(back.headers['content-disposition']).toContain('public.big.csv')
  expect(createHash('sha256').update(back.text).digest('hex')).toBe(hash.digest('hex'))
})

test('a client that goes away in the middle of its file leaves nothing, and no session', async () => {
  await studio.ask('POST', '/sql/run', { query: 'truncate big' })
  function* file() {
    for (let n = 0; n < 200; n++) yield `${n},${'x'.repeat(5_000)}\n`
  }
  await upload(`/relations/${big}/import?id=gone&header=false`, file(), true)
  await expect
    .poll(
      async () => ((await studio.ask('GET', '/imports/gone')).json as { status: string }).status,
    )
    .not.toBe('running')
  const left = async (query: string) => {
    const { json } = await studio.ask('POST', '/sql/run', { query })
    return (json as { results: { rows: string[][] }[] }).results[0]?.rows
  }
  const copies = `select from pg_stat_activity where query like 'copy "public"."big"%' and state <> 'idle'`
  await expect.poll(() => left(copies)).toEqual([])
  expect(await left('select count(*) from big')).toEqual([['0']])
})

test('why a row is not seen, what the policy costs, and the advice that mends it', async () => {
  const found = await studio.ask('POST', '/policies/explain', {
    claims: { sub: alice, role: 'authenticated' },
    relation: notes,
    operation: 'select',
  })
  expect(found.json).toMatchObject({
    rows: [
      { key: ['1'], passes: true },
      {
        key: ['2'],
        passes: false,
        refused_by: { policy: 'own', expression: 'owner = auth.uid()' },
      },
      {
        key: ['3'],
        passes: false,
        refused_by: { policy: 'own', expression: `body <> 'secret'::text` },
      },
    ],
  })
  const advice = async () =>
    (
      (await studio.ask('GET', '/advisors')).json as {
        name: string
        object: string
        fix_sql: string
      }[]
    ).filter(({ name, object }) => name === 'auth_rls_initplan' && object === 'notes')
  const [initplan] = await advice()
  await studio.ask('POST', '/sql/run', { query: initplan?.fix_sql })
  expect(await advice()).toEqual([])
})
