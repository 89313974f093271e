/** Searches from the names in memory: as Postgres alone answers them, never late, never another user's, within bounds. */
import { startCode } from '@basalt/code'
import type { RunningCode } from '@basalt/code'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestService } from './test-service.ts'
import type { Body, TestService, TestUser } from './test-service.ts'

/** An API of its own that tells what it logs. */
interface Node {
  readonly running: RunningCode
  readonly said: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[]
}

const nodes: Node[] = []

async function startNode(
  megabytes: number,
  changed: Partial<TestService['config']> = {},
): Promise<Node> {
  const said: Node['said'] = []
  const running = await startCode({
    config: {
      ...service.config,
      nameCacheBytes: megabytes * 1_048_576,
      answerCacheBytes: 0,
      ...changed,
    },
    log: (_, message, fields = {}) => void said.push({ message, fields }),
    serves: true,
    works: false,
  })
  const node = { running, said }
  nodes.push(node)
  return node
}

async function search(
  { running }: Pick<Node, 'running'>,
  user: TestUser,
  query: Record<string, string>,
): Promise<{ readonly status: number; readonly body: Body }> {
  const response = await fetch(
    `${running.url}/api/v1/symbols/search?${new URLSearchParams(query)}`,
    { headers: { 'x-api-key': user.key } },
  )
  return { status: response.status, body: (await response.json()) as Body }
}

const inMemory = 'names of a repository are in memory'
const tooLarge = 'names of a repository do not fit in memory'
const count = (node: Node, message: string): number =>
  node.said.filter((line) => line.message === message).length

/** So many repositories of the user have been read by the node, or one more that had changed. */
async function warm(node: Node, user: TestUser, repositories: number): Promise<void> {
  const known = count(node, inMemory)
  await search(node, user, { pattern: 'x' })
  await vi.waitUntil(() => count(node, inMemory) >= known + repositories, {
    timeout: 20_000,
    interval: 10,
  })
}

/** Whether what a search does, it does by the names in memory: what each connection did last is told. */
async function isByNames(work: () => Promise<unknown>): Promise<boolean> {
  const { rows: before } = await db.query<{ now: string }>('select clock_timestamp()::text as now')
  await work()
  const { rows } = await db.query(
    `select from pg_stat_activity where application_name = 'basalt-code' and query like '%code.named\\_%' and query_start >= $1`,
    [before[0]?.now],
  )
  return rows.length > 0
}

/** All of what is random is tried by `npm run drill:fuzz`. */
const more = process.env['FUZZ_REQUESTS'] === undefined ? 1 : 10

let service: TestService
let db: pg.Client
let ann: TestUser
let alone: Node
let quick: Node
let second: Node
const repositories: string[] = []

async function createRepository(user: TestUser, name: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    'insert into repositories (user_id, name, git_url) values ($1, $2, $3) returning id',
    [user.id, name, `https://example.com/${name}.git`],
  )
  return rows[0]?.id ?? ''
}

async function addSymbols(repository: string, path: string, names: readonly string[]) {
  await db.query(
    `with file as (
       insert into indexed_files (repository_id, path, language, content_hash, size_bytes)
       values ($1, $2, 'typescript', $2, 1) returning id)
     insert into symbols (repository_id, file_id, ordinal, name, kind, language, signature, start_line, start_column, end_line, end_column)
     select $1, file.id, place, name, (array['function', 'class', 'method'])[1 + place % 3], 'typescript', name, place, 0, place, 1
     from file, unnest($3::text[]) with ordinality as one (name, place)`,
    [repository, path, names],
  )
}

/** The same ones each time. */
function createDice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

const words =
  'get set user User order HTTP Http id Id by By x tmp _ __ $ 名前 キー é É ß İ ı K σ Σ 𝒳 ñandú ʼn ɵɵ Ж ж a1 42 % * ? \\ - . i I k kiosk Straße'.split(
    ' ',
  )

function createNames(dice: (sides: number) => number, number: number): string[] {
  return Array.from({ length: number }, () =>
    Array.from({ length: 1 + dice(5) }, () => words[dice(words.length)]).join(
      ['', '', '_', ' '][dice(4)],
    ),
  )
}

beforeAll(async () => {
  service = await startTestService()
  db = new pg.Client(service.platform.databaseUrl)
  await db.connect()
  ann = await service.signUp('ann')
  await db.query('update api_keys set rate_limit = 1000000, monthly_quota = 1000000')
  const dice = createDice(7)
  for (const name of ['one', 'two']) {
    const repository = await createRepository(ann, name)
    repositories.push(repository)
    for (const part of ['a', 'b'])
      await addSymbols(repository, `src/${part}.ts`, createNames(dice, 1_500))
  }
  // enough for several segments: none of them beyond ASCII
  const many = Array.from(
    { length: 25_000 },
    (_, i) => `${'abcdefgh'.slice(0, 1 + (i % 8))}Name${i}Of${i % 97}`,
  )
  await addSymbols(repositories[0] ?? '', 'src/many.ts', many)
  await db.query('analyze symbols')
  alone = await startNode(0)
  quick = await startNode(64)
  second = await startNode(64)
  await warm(quick, ann, 2)
  await warm(second, ann, 2)
}, 60_000)
afterAll(async () => {
  await Promise.all(nodes.map(({ running }) => running.close()))
  await db.end()
  await service.close()
})

interface Paged {
  readonly statuses: readonly number[]
  readonly symbols: readonly object[]
}

async function readPages(node: Node, query: Record<string, string>, pages: number): Promise<Paged> {
  const statuses: number[] = []
  const symbols: object[] = []
  let cursor: string | null | undefined
  for (let page = 0; page < pages && cursor !== null; page++) {
    const { status, body } = await search(node, ann, {
      ...query,
      ...(cursor === undefined ? {} : { cursor }),
    })
    statuses.push(status)
    symbols.push(...(body.symbols ?? []))
    cursor = body.next_cursor ?? null
  }
  return { statuses, symbols }
}

/** A piece of a name there is, now and then changed. */
function createPattern(dice: (sides: number) => number, match: string): string {
  const name = Array.from(createNames(dice, 2).join(''))
  const from = match === 'prefix' || match === 'fuzzy' ? 0 : dice(name.length)
  let piece = name.slice(from, from + 1 + dice([2, 4, 9, 20][dice(4)] ?? 4))
  if (match === 'glob')
    piece = piece.map((one) => (dice(5) === 0 ? '*' : dice(9) === 0 ? '?' : one))
  if (match === 'glob' && dice(2) === 0) piece.push('*')
  const text = piece.join('')
  return dice(3) === 0 ? text.toUpperCase() : text
}

const filters: Record<string, string>[] = [
  {},
  {},
  {},
  { kind: 'class' },
  { path: 'src/?.ts' },
  { kind: 'method', path: '*many*' },
  { language: 'python' },
]

function createQuery(dice: (sides: number) => number, match: string): Record<string, string> {
  return {
    match,
    pattern: dice(5) === 0 ? `Name${dice(30_000)}` : createPattern(dice, match),
    limit: String([1, 3, 20, 200][dice(4)]),
    ...filters[dice(filters.length)],
    ...(dice(3) === 0 ? { repository_id: repositories[dice(2)] ?? '' } : {}),
  }
}

test.each([
  ['prefix', 20],
  ['substring', 15],
  ['glob', 20],
  ['fuzzy', 4],
])(
  '%s: what is found by the names in memory is what Postgres finds alone',
  async (match, rounds) => {
    const dice = createDice(match.length)
    for (let round = 0; round < rounds * more; round++) {
      const query = createQuery(dice, match)
      const expected = await readPages(alone, query, 3)
      expect(await readPages(quick, query, 3), JSON.stringify(query)).toEqual(expected)
      // and once more, from what is remembered of it
      expect(await readPages(quick, query, 3), JSON.stringify(query)).toEqual(expected)
    }
  },
  120_000,
)

test('all but exact names are searched by the names in memory, where these are kept', async () => {
  for (const match of ['prefix', 'substring', 'glob', 'fuzzy']) {
    const query = { match, pattern: 'aName2400Of7' }
    // again, where usage was written behind it by the same connection
    await expect
      .poll(() => isByNames(() => search(quick, ann, query)), { message: match })
      .toBe(true)
    expect(await isByNames(() => search(alone, ann, query)), match).toBe(false)
  }
})

test('of searches that come at once each has its own answer', async () => {
  const eve = await service.signUp('eve')
  await addSymbols(await createRepository(eve, 'hers'), 'a.ts', ['herName12Of3', 'Name7', 'get'])
  await warm(quick, eve, 1)
  const dice = createDice(23)
  const asked = Array.from({ length: 60 * more }, () => {
    const match = ['exact', 'prefix', 'substring', 'glob', 'fuzzy'][dice(5)] ?? ''
    return { user: [ann, eve][dice(2)] ?? ann, query: createQuery(dice, match) }
  })
  const together = Promise.all(asked.map(({ user, query }) => search(quick, user, query)))
  const answers = await together
  for (const [index, { user, query }] of asked.entries())
    expect(answers[index], JSON.stringify(query)).toEqual(await search(alone, user, query))
})

test('what symbols are told apart by on their way may be in them', async () => {
  await addSymbols(repositories[0] ?? '', 'src/sep\u001Farator.ts', [
    'sepOne',
    'sep\u001ETwo',
    'sepThree',
  ])
  const ask = (node: Node, match: string) => search(node, ann, { match, pattern: 'sepOne' })
  await expect
    .poll(() => isByNames(() => search(quick, ann, { pattern: 'aName2400Of7' })), {
      timeout: 10_000,
      interval: 50,
    })
    .toBe(true)
  for (const match of ['exact', 'prefix', 'substring']) {
    const found = await ask(quick, match)
    expect(found.body.symbols).toMatchObject([{ name: 'sepOne', path: 'src/sep\u001Farator.ts' }])
    expect(found).toEqual(await ask(alone, match))
  }
  const query = { match: 'glob', pattern: 'sep*' }
  expect((await search(quick, ann, query)).body.symbols).toHaveLength(3)
  expect(await search(quick, ann, query)).toEqual(await search(alone, ann, query))
})

test('without prepared statements the answers are the same', async () => {
  const plain = await startNode(64, { preparedStatements: false })
  await warm(plain, ann, 2)
  const dice = createDice(29)
  for (const match of ['exact', 'prefix', 'substring', 'glob', 'fuzzy'])
    for (const node of [plain, quick]) {
      const query = createQuery(dice, match)
      expect(await search(node, ann, query)).toEqual(await search(alone, ann, query))
    }
})

test('what a push adds is found at once by all nodes, and what it removes no longer', async () => {
  const origin = service.git.create('pushed')
  const push = async (name: string): Promise<string> => {
    const commit = origin.commit({ 'a.ts': `export function ${name}() {}\n` })
    await origin.push()
    return commit
  }
  await push('beforePush')
  const created = (
    await service.ask('/api/v1/repositories', ann.key, {
      method: 'POST',
      body: { git_url: origin.url },
    })
  ).body
  const isDone = async (job: string): Promise<boolean> =>
    (await service.ask(`/api/v1/jobs/${job}`, ann.key)).body.status === 'completed'
  await expect.poll(() => isDone(created.job_id), { interval: 10 }).toBe(true)
  const find = async (node: Node, match: string, pattern: string): Promise<string[]> =>
    (await search(node, ann, { match, pattern })).body.symbols.map(({ name }) => name)
  for (const node of [quick, second]) {
    await warm(node, ann, 1)
    expect(await find(node, 'substring', 'FOREpush')).toEqual(['beforePush'])
  }
  await push('afterPush')
  const { job_id: job } = (
    await service.ask(`/api/v1/repositories/${created.id}/index`, ann.key, {
      method: 'POST',
      body: {},
    })
  ).body
  await expect.poll(() => isDone(job), { interval: 10 }).toBe(true)
  for (const node of [quick, second]) {
    expect(await find(node, 'substring', 'TERpush')).toEqual(['afterPush'])
    expect(await find(node, 'fuzzy', 'aftrPush')).toEqual(['afterPush'])
    expect(await find(node, 'substring', 'FOREpush')).toEqual([])
  }
})

test('a repository that is large is brought up to date by what is new, also out of order', async () => {
  const [large = ''] = repositories
  // the node may still be reading what the test before pushed
  const reads = (whole: boolean): number =>
    quick.said.filter(
      ({ message, fields }) =>
        message === inMemory && fields['repository'] === large && fields['whole'] === whole,
    ).length
  const find = async (pattern: string) =>
    (await search(quick, ann, { pattern })).body.symbols.map(({ name }) => name)
  await find('warm')
  const wholes = reads(true)
  const grown = reads(false)
  await addSymbols(large, 'src/new.ts', ['brandNewOne'])
  expect(await find('randnewo')).toEqual(['brandNewOne'])
  // not before it has rested from the time before, and then when it is asked for
  const readsNow = () => find('randnewo').then(() => reads(false))
  await expect.poll(readsNow, { timeout: 20_000, interval: 50 }).toBe(grown + 1)
  expect(reads(true)).toBe(wholes)
  await expect
    .poll(() => isByNames(() => find('randnewo')), { timeout: 10_000, interval: 50 })
    .toBe(true)
  expect(await find('randnewo')).toEqual(['brandNewOne'])

  // two writers: the one that began first commits last
  const late = new pg.Client(service.platform.databaseUrl)
  await late.connect()
  await late.query('begin')
  await late.query(`select nextval('symbols_id_seq') from generate_series(1, 3)`)
  const { rows } = await late.query<{ id: string }>(`select currval('symbols_id_seq') as id`)
  await addSymbols(large, 'src/early.ts', ['committedEarly'])
  expect(await find('mittedearly')).toEqual(['committedEarly'])
  await late.query(
    `insert into symbols (id, repository_id, file_id, ordinal, name, kind, language, signature, start_line, start_column, end_line, end_column)
     overriding system value select $1, repository_id, file_id, 9, 'committedLate', kind, language, '', 1, 0, 1, 1 from symbols where name = 'committedEarly'`,
    [rows[0]?.id],
  )
  await late.query('commit')
  await late.end()
  expect(await find('mittedlate')).toEqual(['committedLate'])
  await db.query(`update symbols set name = 'renamedLate' where name = 'committedLate'`)
  expect(await find('namedlate')).toEqual(['renamedLate'])
})

test.each([0, 64])(
  'what filters may leave out is looked for with an end, with %i MB of names',
  async (megabytes) => {
    const node = await startNode(megabytes, { searchTimeoutMs: 100 })
    await expect
      .poll(() => search(node, ann, { pattern: 'aName2400Of7' }).then(() => count(node, inMemory)))
      .toBeGreaterThanOrEqual(Math.sign(megabytes) * repositories.length)
    await db.query('begin; lock table public.symbols in access exclusive mode')
    for (const match of ['exact', 'prefix', 'substring', 'fuzzy']) {
      const { status, body } = await search(node, ann, { match, pattern: 'aName1', kind: 'class' })
      expect([match, status, body.error_type]).toEqual([match, 422, 'search_too_expensive'])
    }
    await db.query('rollback')
  },
)

test("another user's repositories never answer", async () => {
  const bob = await service.signUp('bob')
  for (const match of ['prefix', 'substring', 'glob', 'fuzzy'])
    for (const query of [{}, { repository_id: repositories[0] ?? '' }]) {
      const { status, body } = await search(quick, bob, { match, pattern: 'aName8Of8', ...query })
      expect({ status, symbols: body.symbols }).toEqual({ status: 200, symbols: [] })
    }
  // and one that changes hands goes with its names
  const theirs = await createRepository(bob, 'theirs')
  await addSymbols(theirs, 'a.ts', ['handedOver'])
  await warm(quick, bob, 1)
  const find = async (user: TestUser) =>
    (await search(quick, user, { pattern: 'andedov' })).body.symbols.length
  expect(await find(bob)).toBe(1)
  await db.query('update repositories set user_id = $1 where id = $2', [ann.id, theirs])
  expect(await find(bob)).toBe(0)
  expect(await find(ann)).toBe(1)
})

test('a repository beyond the bound of memory is answered by Postgres', async () => {
  const small = await startNode(1)
  const query = { match: 'glob', pattern: '*Name12?Of*' }
  await search(small, ann, query)
  await expect.poll(() => count(small, tooLarge)).toBeGreaterThan(0)
  expect(
    small.said.filter(
      ({ message, fields }) => message === inMemory && Number(fields['bytes']) > 1_048_576,
    ),
  ).toEqual([])
  expect(await search(small, ann, query)).toEqual(await search(alone, ann, query))
})

test('what was not searched for longest makes room, and nothing that was searched in the last minute', async () => {
  const carl = await service.signUp('carl')
  const createFilled = async (name: string): Promise<string> => {
    const repository = await createRepository(carl, name)
    const names = Array.from({ length: 9_000 }, (_, place) => `someName${place}Of${name}`)
    await addSymbols(repository, 'a.ts', names)
    return repository
  }
  const older = await createFilled('older')
  const oldest = await createFilled('oldest')
  const newest = await createFilled('newest')
  const node = await startNode(1)
  const find = (repository: string) =>
    search(node, carl, { pattern: 'meName17of', repository_id: repository })
  const isKept = (repository: string): Promise<boolean> => isByNames(() => find(repository))
  const read = async (repository: string): Promise<void> => {
    await find(repository)
    await expect
      .poll(() => node.said.filter(({ fields }) => fields['repository'] === repository).length)
      .toBe(1)
  }
  const real = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now')
  try {
    await read(older)
    await read(oldest)
    expect(await isKept(older)).toBe(true)
    // a minute later
    clock.mockImplementation(() => real() + 61_000)
    await read(newest)
    expect(node.said.map(({ message }) => message)).toEqual([inMemory, inMemory, inMemory])
    const bytes = node.said.map(({ fields }) => Number(fields['bytes']))
    expect(Math.min(...bytes) * 3).toBeGreaterThan(1_048_576)
    expect(await isKept(older)).toBe(true)
    expect(await isKept(newest)).toBe(true)
    expect(await isKept(oldest)).toBe(false)
    // which found no room, as both others were just asked for
    await expect.poll(() => count(node, tooLarge)).toBe(1)
    expect(await isKept(older)).toBe(true)
    expect(await isKept(newest)).toBe(true)
    expect(await find(oldest)).toEqual(
      await search(alone, carl, { pattern: 'meName17of', repository_id: oldest }),
    )
  } finally {
    clock.mockRestore()
  }
})

test('while names are read, others are answered', async () => {
  const fresh = await startNode(64)
  const searched = search(fresh, ann, { pattern: 'x' })
  let answered = 0
  while (count(fresh, inMemory) < 2) {
    expect((await fetch(`${fresh.running.url}/health`)).status).toBe(200)
    answered++
  }
  expect(answered).toBeGreaterThan(3)
  expect((await searched).status).toBe(200)
})
