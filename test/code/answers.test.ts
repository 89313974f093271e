/** Answers that are kept: the same as before, until something changes. */
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCode } from '@basalt/code'
import type { RunningCode } from '@basalt/code'
import { startTestService } from './test-service.ts'
import type { Body, TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
let db: pg.Client
let other: RunningCode
let without: RunningCode
beforeAll(async () => {
  service = await startTestService()
  ann = await service.signUp('ann')
  db = new pg.Client(service.platform.databaseUrl)
  await db.connect()
  const { config } = service
  const log = (): void => {}
  other = await startCode({ config, log, serves: true, works: false })
  without = await startCode({
    config: { ...config, answerCacheBytes: 0 },
    log,
    serves: true,
    works: false,
  })
})
afterAll(async () => {
  await db.end()
  await other.close()
  await without.close()
  await service.close()
})

/** A repository with these symbols, each in a file of its own with a line of text: as a worker would have written it. */
async function write(user: TestUser, names: readonly string[]): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `insert into repositories (user_id, name, git_url) values ($1, 'written', 'https://git.example.com/' || gen_random_uuid()) returning id`,
    [user.id],
  )
  const id = rows[0]?.id ?? ''
  await db.query(
    `with files as (
       insert into indexed_files (repository_id, path, language, content_hash, size_bytes)
       select $1::uuid, name || '.ts', 'typescript', name, 10 from unnest($2::text[]) name returning id, content_hash),
     pieces as (
       insert into file_chunks (repository_id, file_id, first_line, content)
       select $1::uuid, id, 1, 'function ' || content_hash from files)
     insert into symbols (repository_id, file_id, ordinal, name, kind, language, signature, start_line, start_column, end_line, end_column)
     select $1::uuid, id, 0, content_hash, 'function', 'typescript', 'function', 1, 0, 1, 10 from files`,
    [id, names],
  )
  return id
}

const isDone = async (job: string): Promise<boolean> =>
  (await service.ask(`/api/v1/jobs/${job}`, ann.key)).body.status === 'completed'

async function get(path: string, url = service.url, key = ann.key): Promise<Body> {
  const response = await fetch(url + path, { headers: { 'x-api-key': key } })
  return (await response.json()) as Body
}

const symbols = (pattern: string, more = '') => `/api/v1/symbols/search?pattern=${pattern}${more}`
const code = (pattern: string, more = '') => `/api/v1/search/code?pattern=${pattern}${more}`

async function namesOf(path: string, url?: string, key?: string): Promise<string[]> {
  return (await get(path, url, key)).symbols.map(({ name }) => name)
}

async function pathsOf(path: string, url?: string, key?: string): Promise<string[]> {
  const { matches } = await get(path, url, key)
  return (matches as { path: string }[]).map((match) => match.path).toSorted()
}

/** Often enough that it is kept. */
async function often<T>(ask: () => Promise<T>): Promise<T> {
  await ask()
  await ask()
  return ask()
}

test('what is asked again is answered from memory, and where nothing is kept it is not', async () => {
  const id = await write(ann, ['keptAlways'])
  expect(await often(() => namesOf(symbols('keptAlways')))).toEqual(['keptAlways'])
  expect(await often(() => pathsOf(code('keptAlways')))).toEqual(['keptAlways.ts'])
  // by hand, behind the triggers
  await db.query('delete from symbols where repository_id = $1', [id])
  await db.query('delete from file_chunks where repository_id = $1', [id])
  expect(await namesOf(symbols('keptAlways'))).toEqual(['keptAlways'])
  expect(await pathsOf(code('keptAlways'))).toEqual(['keptAlways.ts'])
  expect(await namesOf(symbols('keptAlways'), without.url ?? '')).toEqual([])
  expect(await pathsOf(code('keptAlways'), without.url ?? '')).toEqual([])
})

test('what a push adds, moves and removes is found at once, by each node', async () => {
  const origin = service.git.create('pushed')
  const push = (files: Record<string, string | null>) => {
    origin.commit(files)
    return origin.push()
  }
  await push({ 'one.ts': 'function answerOne() {}\n', 'note.txt': 'answerText\n' })
  const body = { git_url: origin.url }
  const made = await service.ask('/api/v1/repositories', ann.key, { method: 'POST', body })
  await expect.poll(() => isDone(made.body.job_id), { interval: 10, timeout: 15_000 }).toBe(true)
  const nodes = [service.url, other.url ?? '']
  const answers = () =>
    Promise.all(
      nodes.map(async (url) => [
        await namesOf(symbols('answer', '&match=prefix'), url),
        await pathsOf(code('answer'), url),
      ]),
    )
  const before = [['answerOne'], ['note.txt', 'one.ts']]
  expect(await often(answers)).toEqual([before, before])
  await push({ 'one.ts': null, 'note.txt': null, 'moved.txt': 'answerText\n' })
  const again = `/api/v1/repositories/${made.body.id}/index`
  const { job_id: job } = (await service.ask(again, ann.key, { method: 'POST', body: {} })).body
  await expect.poll(() => isDone(job), { interval: 10, timeout: 15_000 }).toBe(true)
  const after = [[], ['moved.txt']]
  expect(await answers()).toEqual([after, after])
})

test('each way a file changes is seen, once it is committed', async () => {
  const id = await write(ann, ['seenOne', 'seenTwo', 'seenThree'])
  const find = () => pathsOf(code('seen'))
  const rename = (client: pg.Client, path: string, to: string) =>
    client.query('update indexed_files set path = $3 where repository_id = $1 and path = $2', [
      id,
      path,
      to,
    ])
  expect(await often(find)).toEqual(['seenOne.ts', 'seenThree.ts', 'seenTwo.ts'])
  await db.query(`delete from indexed_files where repository_id = $1 and path = 'seenThree.ts'`, [
    id,
  ])
  expect(await often(find)).toEqual(['seenOne.ts', 'seenTwo.ts'])
  const late = new pg.Client(service.platform.databaseUrl)
  await late.connect()
  try {
    await late.query('begin')
    await rename(late, 'seenOne.ts', 'late.ts')
    expect(await often(find)).toEqual(['seenOne.ts', 'seenTwo.ts'])
    // and does not wait for the other
    await rename(db, 'seenTwo.ts', 'soon.ts')
    expect(await often(find)).toEqual(['seenOne.ts', 'soon.ts'])
    await late.query('commit')
  } finally {
    await late.end()
  }
  expect(await find()).toEqual(['late.ts', 'soon.ts'])
})

test('a repository that comes or goes, or is the only one that is asked for, is another answer', async () => {
  const first = await write(ann, ['comeAndGo'])
  const find = () => namesOf(symbols('comeAndGo'))
  const findIn = (id: string) => namesOf(symbols('comeAndGo', `&repository_id=${id}`))
  expect(await often(find)).toEqual(['comeAndGo'])
  const second = await write(ann, ['comeAndGo'])
  expect(await often(find)).toEqual(['comeAndGo', 'comeAndGo'])
  expect(await often(() => findIn(second))).toEqual(['comeAndGo'])
  const gone = await service.ask(`/api/v1/repositories/${second}`, ann.key, { method: 'DELETE' })
  expect(gone.status).toBe(204)
  expect(await find()).toEqual(['comeAndGo'])
  expect(await findIn(second)).toEqual([])
  const bob = await service.signUp('bob')
  expect(await often(() => namesOf(symbols('comeAndGo'), service.url, bob.key))).toEqual([])
  await db.query('update repositories set user_id = $1 where id = $2', [bob.id, first])
  expect(await find()).toEqual([])
  expect(await namesOf(symbols('comeAndGo'), service.url, bob.key)).toEqual(['comeAndGo'])
})

test('what came between the question and the search, and is gone again, is not found', async () => {
  const id = await write(ann, ['passedBy'])
  const bob = await service.signUp('bob')
  const find = () => namesOf(symbols('passedBy', '&match=exact'), service.url, bob.key)
  const give = (user: TestUser) =>
    db.query('update repositories set user_id = $1 where id = $2', [user.id, id])
  expect(await find()).toEqual([])
  const holder = new pg.Client(service.platform.databaseUrl)
  await holder.connect()
  try {
    await holder.query('begin')
    await holder.query('lock table symbols in access exclusive mode')
    const found = find()
    await expect.poll(waitingSearches, { interval: 5 }).toBe(1)
    await give(bob)
    await holder.query('commit')
    expect(await found).toEqual(['passedBy'])
  } finally {
    await holder.end()
  }
  await give(ann)
  expect(await find()).toEqual([])
})

async function waitingSearches(): Promise<number | undefined> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int from pg_stat_activity where wait_event_type = 'Lock' and query like '/* code.symbols_exact%'`,
  )
  return rows[0]?.count
}

test('searches that differ in anything are told apart, long ones too', async () => {
  const names = Array.from({ length: 30 }, (_, index) => `apart${String(index).padStart(2, '0')}`)
  await write(ann, names)
  const page = await often(() => get(symbols('apart', '&limit=10')))
  const next = await often(() =>
    get(symbols('apart', `&limit=10&cursor=${page.next_cursor ?? ''}`)),
  )
  expect(page.symbols.map(({ name }) => name)).toEqual(names.slice(0, 10))
  expect(next.symbols.map(({ name }) => name)).toEqual(names.slice(10, 20))
  expect(await often(() => namesOf(symbols('apart', '&limit=200')))).toEqual(names)
  expect(await often(() => namesOf(symbols('apart', '&kind=class')))).toEqual([])
  expect(await often(() => namesOf(symbols('APART00', '&match=exact')))).toEqual([])
  expect(await often(() => namesOf(symbols('APART00')))).toEqual(['apart00'])
  const long = 'x'.repeat(900)
  expect(await often(() => pathsOf(code(long)))).toEqual([])
  expect(await often(() => pathsOf(code(`${long}|apart00`, '&regex=true')))).toEqual(['apart00.ts'])
})

test('errors are not kept', async () => {
  await db.query('alter table file_chunks rename to file_chunks_away')
  try {
    const asked = await often(() => get(code('somewhere')))
    expect(asked.error_type).toBe('internal')
  } finally {
    await db.query('alter table file_chunks_away rename to file_chunks')
  }
  expect(await pathsOf(code('somewhere'))).toEqual([])
})

test('a database that was not migrated yet answers, and nothing is kept', async () => {
  const id = await write(ann, ['olderOne'])
  await db.query('alter table code.symbol_versions rename column changes to changes_away')
  try {
    expect(await often(() => namesOf(symbols('olderOne')))).toEqual(['olderOne'])
    await db.query('delete from symbols where repository_id = $1', [id])
    expect(await namesOf(symbols('olderOne'))).toEqual([])
  } finally {
    await db.query('alter table code.symbol_versions rename column changes_away to changes')
  }
})
