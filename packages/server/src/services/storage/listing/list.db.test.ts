/** Listings against a plain model of what they are: under policies, in both orders, with an index to go along and without. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { createMemoryStore } from '#base/blob'
import { signToken } from '#base/token'

const names = [
  '!first',
  'A.txt',
  'a.txt',
  'a!/below',
  'a/1',
  'a/2',
  'A/3',
  'a/deep/1',
  'a/deep/2',
  'a/Deeper/1',
  'a-b',
  'a_b',
  'a0',
  'B/hidden/x',
  'b/seen',
  'hidden/only',
  'hidden/also hidden',
  'c',
  'C',
  'z/.emptyFolderPlaceholder',
  '100_/x',
  '1000/x',
  'photos 2024/x',
]
const seen = names.filter((name) => !name.includes('hidden'))

let server: TestPlatform
let token: string
beforeAll(async () => {
  server = await startTestPlatform({ blobs: createMemoryStore() })
  const exp = Math.floor(Date.now() / 1000) + 3600
  const sub = '11111111-1111-1111-1111-111111111111'
  token = signToken({ sub, role: 'authenticated', exp }, server.platform.keys.jwtSecret)
  const rows = names.map((name) => `('files', '${name}', '{"size": 1}')`)
  await server.script(`
    insert into storage.buckets (id, name) values ('files', 'files'), ('other', 'other');
    insert into storage.objects (bucket_id, name, metadata) values ${rows.join(', ')}, ('other', 'a/1', '{}');
    create policy seen on storage.objects for select to authenticated using (name not like '%hidden%');
  `)
})
afterAll(() => server.close())

async function list<T>(route: string, body: unknown, who = token): Promise<T> {
  const response = await fetch(`${server.url}/storage/v1/object/${route}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${who}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return (await response.json()) as T
}

interface Search {
  readonly prefix: string
  readonly search?: string
  readonly limit?: number
  readonly offset?: number
  readonly order?: 'asc' | 'desc'
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What list v1 shows, as `name` or `name/`, those of one place (names that differ in case) in the order of their bytes. */
function expected(all: readonly string[], { prefix, search = '', ...page }: Search): string[] {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  const start = (folder + search).toLowerCase()
  const entries = new Map<string, { place: string; shown: string }>()
  for (const name of all.toSorted(compare)) {
    if (!name.toLowerCase().startsWith(start)) continue
    const slash = name.indexOf('/', start.length)
    const entry = slash === -1 ? name : name.slice(0, slash + 1)
    const key = slash === -1 ? entry : entry.toLowerCase()
    if (!entries.has(key))
      entries.set(key, { place: entry.toLowerCase(), shown: entry.slice(folder.length) })
  }
  const sorted = [...entries.values()].toSorted(
    (a, b) => compare(a.place, b.place) || compare(a.shown, b.shown),
  )
  if (page.order === 'desc') sorted.reverse()
  const { offset = 0, limit = 100 } = page
  return sorted.slice(offset, offset + limit).map(({ shown }) => shown)
}

async function shown({ order = 'asc', ...search }: Search, who = token): Promise<string[]> {
  const rows = await list<{ name: string; id: string | null }[]>(
    'list',
    { ...search, sortBy: { column: 'name', order } },
    who,
  )
  return rows.map(({ name, id }) => (id === null ? `${name}/` : name))
}

/** A folder is shown in the letters of any of its objects. */
const folded = (shownNames: readonly string[]): string[] =>
  shownNames.map((name) => (name.endsWith('/') ? name.toLowerCase() : name))

const searches: Search[] = [
  { prefix: '' },
  { prefix: 'a' },
  { prefix: 'a/deep' },
  { prefix: 'nothing' },
  { prefix: '', search: 'a' },
  { prefix: 'a', search: 'dee' },
  { prefix: '', search: '100_' },
  { prefix: '', search: '%' },
  { prefix: '', limit: 3 },
  { prefix: '', limit: 3, offset: 4 },
  { prefix: '', offset: 100 },
]

describe.each([
  ['along the index', 'alter function pg_catalog.lower(text) leakproof'],
  ['in one pass', 'alter function pg_catalog.lower(text) not leakproof'],
])('list v1 %s', (_, prepare) => {
  beforeAll(() => server.script(prepare))

  test.each(searches.flatMap((one) => [one, { ...one, order: 'desc' as const }]))(
    '%j',
    async (search) => {
      expect(folded(await shown(search))).toEqual(folded(expected(seen, search)))
      const key = server.platform.keys.serviceRoleKey
      expect(folded(await shown(search, key))).toEqual(folded(expected(names, search)))
    },
  )
})

test('what a page deep in a folder has is the same', async () => {
  await server.script(`insert into storage.objects (bucket_id, name, metadata)
    select 'files', 'many/' || lpad(i::text, 5, '0'), '{}' from generate_series(0, 6999) i`)
  const rows = await shown({ prefix: 'many', limit: 3, offset: 6_000 })
  expect(rows).toEqual(['06000', '06001', '06002'])
  expect(await shown({ prefix: 'many', limit: 5_000 })).toHaveLength(1_500)
  await server.script(
    `set storage.allow_delete_query = 'true'; delete from storage.objects where name like 'many/%'`,
  )
})

interface Page {
  readonly folders: { readonly name: string }[]
  readonly objects: { readonly name: string }[]
  readonly hasNext: boolean
  readonly nextCursor?: string
}

test.each(
  ['', 'a', 'a/', '100_', '100%', 'b'].flatMap((prefix) =>
    [true, false].flatMap((withFolders) =>
      (['asc', 'desc'] as const).map((order) => [prefix, withFolders, order] as const),
    ),
  ),
)('list v2 of "%s", folders %s, %s', async (prefix, withFolders, order) => {
  const entries = new Set<string>()
  for (const name of seen.filter((one) => one.startsWith(prefix)).toSorted(compare)) {
    const slash = withFolders ? name.indexOf('/', prefix.length) : -1
    entries.add(slash === -1 ? name : name.slice(0, slash + 1))
  }
  const wanted = order === 'asc' ? [...entries] : [...entries].reverse()
  const found: string[] = []
  let cursor: string | undefined
  do {
    const page: Page = await list('list-v2', {
      prefix,
      with_delimiter: withFolders,
      limit: 2,
      sortBy: { column: 'name', order },
      ...(cursor === undefined ? {} : { cursor }),
    })
    found.push(
      ...[...page.folders, ...page.objects]
        .map(({ name }) => name)
        .toSorted((a, b) => (order === 'asc' ? compare(a, b) : compare(b, a))),
    )
    cursor = page.nextCursor
  } while (cursor !== undefined)
  expect(found).toEqual(wanted)
})

test('an empty cursor is the beginning, as storage-js describes it', async () => {
  const page: Page = await list('list-v2', { prefix: 'c', cursor: '' })
  expect(page.objects.map(({ name }) => name)).toEqual(['c'])
})
