import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDataApi } from './open-data-api.fixture.ts'
import type { DataApiFixture } from './open-data-api.fixture.ts'
import { service, testSchema } from './test-schema.fixture.ts'

let api: DataApiFixture
beforeAll(async () => {
  api = await openDataApi({ schema: testSchema, api: { txEnd: 'rollback' } })
})
afterAll(() => api.close())

/** The same numbers for the same seed (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const fragments =
  'id|name|clients|projects|tasks|people|*|(|)|,|.|!inner|!left|...|:|::|::int|->|->>|->0|"|\\|\'|--|;|%|%00|%ff|%27|+| |eq|eq.|not.|in.(|is.null|is.|like(any).{|}|fts(english).|and|or(|count()|.sum()|$1|$$|/*|€|😀|0|1|-1|99999999999999999999|=|&|select=|order=|limit=|offset=|or=|not.and=|on_conflict=|columns=|.desc|.nullsfirst|id=|a.b=|[|]|{}|null'.split(
    '|',
  )
const sound = [
  'select=id,name',
  'select=*,clients(*)',
  'select=id,tasks(id,name)',
  'select=...clients(client:name)',
  'select=client_id,id.count()',
  'id=eq.1',
  'name=like.*a*',
  'id=in.(1,2)',
  'clients=is.null',
  'clients.id=eq.1',
  'or=(id.eq.1,id.eq.2)',
  'order=id.desc',
  'order=clients(name)',
  'limit=2',
  'tasks.limit=1',
  'offset=1',
]
const paths = [
  '/projects',
  '/clients',
  '/tasks',
  '/events',
  '/notes',
  '/rpc/add',
  '/rpc/find_projects',
  '/rpc/echo',
  '/%ff',
  '/"',
  '/nowhere',
  '/rpc/nowhere',
]
const bodies = [
  '',
  '{}',
  '[]',
  '[{}]',
  '{"id":1}',
  '[{"id":900,"name":"x"}]',
  '{"id":{}}',
  '5',
  '{"id":1',
  '[1,2]',
  '{"a":1}',
  '{"name":"\\u0000"}',
  '{"name":"\\ud800"}',
  'id,name\n1,"x',
  '{"__proto__":1}',
  '\u0000',
]
const methods = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']
const headerChoices: readonly Readonly<Record<string, string>>[] = [
  {},
  {},
  { prefer: 'return=representation' },
  { prefer: 'count=exact' },
  { prefer: 'count=estimated, handling=strict, max-affected=1' },
  { prefer: 'resolution=merge-duplicates, missing=default, return=headers-only' },
  { prefer: 'timezone=nowhere' },
  { accept: 'text/csv' },
  { accept: 'application/vnd.pgrst.object+json' },
  { accept: 'image/png' },
  { 'content-type': 'text/csv' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { range: '5-2' },
  { range: '1-' },
]

test('random requests never fail with 500, never hang, never change data', async () => {
  const random = createRandom(20260101)
  const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T
  const noise = (): string => Array.from({ length: 1 + random(10) }, () => pick(fragments)).join('')
  const parameter = (): string =>
    random(4) === 0 ? noise() : pick(sound) + (random(3) === 0 ? pick(fragments) : '')
  for (let at = 0; at < 2_000; at++) {
    const query = Array.from({ length: 1 + random(4) }, parameter).join('&')
    const target = `${pick(paths)}?${query}`
    const method = pick(methods)
    const answer = await api.call(method, target, {
      as: service,
      headers: pick(headerChoices),
      raw: pick(bodies),
    })
    expect(answer.status, `${method} ${target}: ${answer.text}`).toBeLessThan(500)
  }
  const projects = await api.call('GET', '/projects?select=id', { as: service })
  expect(projects.json).toHaveLength(4)
}, 60_000)
