/** Repositories that mean harm: each is bounded, said on the job, and the worker goes on. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { slowness } from '@basalt/server/testing'
import { startTestService } from './test-service.ts'
import type { Body, TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
beforeAll(async () => {
  service = await startTestService({
    environment: {
      CODE_MAX_FILES: '2000',
      CODE_MAX_FILE_BYTES: '1000000',
      CODE_MAX_REPOSITORY_BYTES: '20000000',
      CODE_PARSE_TIMEOUT_MS: '1500',
    },
  })
  ann = await service.signUp('ann')
})
afterAll(() => service.close())

interface Done extends Body {
  readonly skipped: Readonly<Record<string, unknown>>
}

async function indexed(url: string): Promise<Done> {
  const made = await service.ask('/api/v1/repositories', ann.key, {
    method: 'POST',
    body: { git_url: url },
  })
  expect(made.status, JSON.stringify(made.body)).toBe(201)
  let job: Body | undefined
  await expect
    .poll(
      async () => {
        job = (await service.ask(`/api/v1/jobs/${made.body.job_id}`, ann.key)).body
        return job?.status
      },
      { interval: 30, timeout: 40_000 },
    )
    .toMatch(/completed|failed/)
  const events = job?.indexing_job_events ?? []
  const skipped = events.find(({ event_type }) => event_type === 'skipped')?.context ?? {}
  return { ...(job as Body), skipped }
}

const files = async () =>
  Object.fromEntries(
    ((await ann.client.from('indexed_files').select('path, status')).data ?? []).map(
      ({ path, status }) => [path, status] as const,
    ),
  )

test('links, submodules, binary and broken text, large files and deep folders', async () => {
  const origin = service.git.create('odd')
  origin.commit({
    'ok.ts': 'export const fine = 1\n',
    'large.js': 'x'.repeat(1_500_000),
    [`${'deep/'.repeat(150)}end.ts`]: 'export const end = 1\n',
    'tree/.git-like/hooks/post-checkout': '#!/bin/sh\ntouch /tmp/pwned\n',
  })
  writeFileSync(
    join(origin.tree, 'broken.py'),
    Buffer.from([0x64, 0x65, 0x66, 0x20, 0x66, 0xff, 0x28, 0x29, 0x3a, 0x0a]),
  )
  writeFileSync(join(origin.tree, 'zero.ts'), `${' '.repeat(10_000)}\0 export const after = 1`)
  writeFileSync(join(origin.tree, 'binary.ts'), Buffer.from([0, 1, 2, 3]))
  symlinkSync('/etc/passwd', join(origin.tree, 'passwd.ts'))
  symlinkSync('../../../..', join(origin.tree, 'up'))
  writeFileSync(
    join(origin.tree, '.gitmodules'),
    '[submodule "x"]\n\tpath = sub\n\turl = http://127.0.0.1:1/x\n',
  )
  origin.git('add', '-A')
  origin.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`)
  origin.git('commit', '-qm', 'odd')
  await origin.push()
  const { status, skipped } = await indexed(origin.url)
  expect(status).toBe('completed')
  expect(skipped).toMatchObject({ symbolic_links: 2, submodules: 1, binary: 1, too_large: 1 })
  expect(await files()).toMatchObject({
    'ok.ts': 'indexed',
    'large.js': 'too_large',
    'binary.ts': 'binary',
    'broken.py': 'indexed',
    'zero.ts': 'indexed',
  })
})

test('names that are not UTF-8 are left out', async () => {
  const origin = service.git.create('names')
  origin.commit({ 'fine.ts': 'export const fine = 1\n' })
  const blob = origin.input('export const x = 1\n', 'hash-object', '-w', '--stdin')
  execFileSync('git', ['update-index', '-z', '--index-info'], {
    cwd: origin.tree,
    input: Buffer.concat([
      Buffer.from(`100644 ${blob}\t`),
      Buffer.from([0xff, 0xfe, 0x2e, 0x74, 0x73, 0]),
    ]),
  })
  origin.git('commit', '-qm', 'names')
  await origin.push()
  expect(await indexed(origin.url)).toMatchObject({
    status: 'completed',
    skipped: { names_not_utf8: 1 },
  })
})

test('a parser bomb costs its own time, and the files beside it are indexed', async () => {
  const origin = service.git.create('bomb')
  origin.commit({
    'a-bomb.ts': '('.repeat(400_000),
    'b-bomb.ts': 'a<'.repeat(300_000),
    'c-bomb.js': '`${'.repeat(300_000),
    'z-fine.ts': 'export function survivor() {}\n',
  })
  await origin.push()
  const { status, skipped } = await indexed(origin.url)
  expect(status).toBe('completed')
  expect(Object.keys(skipped).join()).toMatch(/took longer|failed|Error/)
  const { body } = await service.ask('/api/v1/symbols/search?pattern=survivor&match=exact', ann.key)
  expect(body.symbols).toHaveLength(1)
})

test('too many files, too many bytes, and no repository at all fail with a reason, at once and for good', async () => {
  const many = service.git.create('many')
  many.commit(
    Object.fromEntries(Array.from({ length: 2_001 }, (_, index) => [`f${index}.txt`, `${index}`])),
  )
  await many.push()
  expect(await indexed(many.url)).toMatchObject({
    status: 'failed',
    error_message: 'The repository has more than 2000 files.',
  })
  const heavy = service.git.create('heavy')
  // noise that does not compress, in files that are each small enough
  for (let index = 0; index < 22; index++)
    writeFileSync(join(heavy.tree, `n${index}`), randomBytes(992_000))
  heavy.commit({})
  await heavy.push()
  expect(await indexed(heavy.url)).toMatchObject({
    status: 'failed',
    error_message: 'The repository is larger than the limit.',
  })
  expect(await indexed(`${service.git.url}/missing.git`)).toMatchObject({
    status: 'failed',
    error_message: 'The repository is not there, or not without a password.',
  })
})

test('an address that became a local one after it was registered is refused when it is fetched', async () => {
  const { data } = await ann.client
    .from('repositories')
    .insert({ name: 'inward', git_url: 'https://127.0.0.1:1/x.git' })
    .select('id')
    .single()
  const { id } = data as { id: string }
  const { data: job } = await ann.client.rpc('request_indexing', { repository: id })
  await expect
    .poll(
      async () => (await service.ask(`/api/v1/jobs/${String(job)}`, ann.key)).body.error_message,
    )
    .toMatch(/private or local/)
})

test('a regular expression without an end is ended', async () => {
  const slow = await startSlow()
  const started = performance.now()
  const { status, body } = await service.ask('/api/v1/search/code', ann.key, {
    method: 'POST',
    body: { pattern: slow, regex: true },
  })
  expect(performance.now() - started).toBeLessThan(5_000)
  expect([200, 400, 422]).toContain(status)
  if (status !== 200) expect(body.error_type).toMatch(/search_too_expensive|invalid_pattern/)
})

test('who sends many expressions without an end holds up his own searches, and nobody else', async () => {
  const bob = await service.signUp('bob')
  const id = await writeLines(`${'a'.repeat(501)}x\n`.repeat(10))
  const slow = Array.from({ length: 8 }, (_, index) =>
    service.ask('/api/v1/search/code', ann.key, {
      method: 'POST',
      body: { pattern: `^(a+)(a+)(a+)\\1\\2\\3xx?(z${index})?$`, regex: true, repository_id: id },
    }),
  )
  const exact = '/api/v1/symbols/search?match=exact&pattern=nowhere'
  const isSearching = async () => (await slowSearches()) > 1
  await expect.poll(isSearching, { interval: 10 }).toBe(true)
  const startedAt = performance.now()
  expect(await service.ask(exact, bob.key)).toMatchObject({ status: 200 })
  expect(performance.now() - startedAt).toBeLessThan(2_500 * slowness())
  const text = `/api/v1/search/code?pattern=nowhere`
  expect(await service.ask(text, bob.key)).toMatchObject({ status: 200 })
  expect(performance.now() - startedAt).toBeLessThan(5_000 * slowness())
  const answers = await Promise.all(slow)
  expect(new Set(answers.map(({ body }) => body.error_type))).toEqual(
    new Set(['search_too_expensive']),
  )
})

/** A repository of hers with one file, as a worker would have written it. */
async function writeLines(content: string): Promise<string> {
  const [row] = await sql<{ id: string }>(
    `with repository as (
       insert into repositories (user_id, name, git_url) values ($1, 'lines', 'https://git.example.com/' || gen_random_uuid()) returning id),
     file as (
       insert into indexed_files (repository_id, path, content_hash, size_bytes)
       select id, 'a.txt', '', 1 from repository returning id, repository_id),
     piece as (
       insert into file_chunks (repository_id, file_id, first_line, content)
       select repository_id, id, 1, $2 from file)
     select id from repository`,
    [ann.id, content],
  )
  return row?.id ?? ''
}

async function slowSearches(): Promise<number> {
  const text = `select count(*)::int as count from pg_stat_activity where state = 'active' and query like '/* code.lines%'`
  return (await sql<{ count: number }>(text))[0]?.count ?? 0
}

async function sql<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client(service.platform.databaseUrl)
  await client.connect()
  try {
    return (await client.query<Row>(text, values)).rows
  } finally {
    await client.end()
  }
}

/** Back references over all that is there. */
async function startSlow(): Promise<string> {
  const origin = service.git.create('slow')
  origin.commit({ 'a.txt': `${'a'.repeat(8_000)}\n`.repeat(100) })
  await origin.push()
  await indexed(origin.url)
  return '(a*)*(a*)*(.*)\\1\\2\\3x'
}
