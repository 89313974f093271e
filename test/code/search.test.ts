/** Lines of code, page by page, against a look at every line of every file. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

const numbered = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n')

const files: Readonly<Record<string, string>> = {
  // several pieces, in each of them lines that match and lines that do not
  'src/many.ts': numbered(3_000, (index) =>
    index % 7 === 0 ? `const value${index} = compute(${index})` : `// nothing of line ${index}`,
  ),
  'src/twice.ts': 'compute(compute(1)) + compute(2)\n\ncompute()\n',
  'src/first.js': 'compute(first)',
  'src/returns.js': 'one compute\r\ntwo\r\n\r\ncompute three\r\n',
  'src/signs.py': 'größe = compute("ÄÖÜ 🙂 100%_\\\\")\n# 🙂 compute\nGRÖSSE = COMPUTE\n',
  'src/classes.js': numbered(
    400,
    (index) => `class Part${index} extends ${index % 3 === 0 ? 'Transform' : 'Object'} {}`,
  ),
  'src/across.js': 'async function readAll() {}\nasync function x() {}\nnew Stream()\n',
  'src/stream.js': 'async function readStream() {}\n',
  // what rows and columns are told apart by on their way
  'src/separators.js': 'compute("\u001F")\ncompute("\u001E", "\u001E\u001F")\n',
  'long.txt': `${'x'.repeat(8_000)}compute\n${'y'.repeat(9_000)}compute\n`,
  'empty.txt': '',
}

let service: TestService
let ann: TestUser
let lines: string
beforeAll(async () => {
  service = await startTestService()
  ann = await service.signUp('ann')
  const paths = Object.keys(files)
  lines = await index('lines', paths.slice(0, 5))
  await index('others', paths.slice(5))
})
afterAll(() => service.close())

/** Its id. */
async function index(name: string, paths: readonly string[]): Promise<string> {
  const origin = service.git.create(name)
  origin.commit(Object.fromEntries(paths.map((path) => [path, files[path] ?? ''])))
  await origin.push()
  const body = { git_url: origin.url }
  const made = await service.ask('/api/v1/repositories', ann.key, { method: 'POST', body })
  await vi.waitUntil(
    async () =>
      (await service.ask(`/api/v1/jobs/${made.body.job_id}`, ann.key)).body.status === 'completed',
    { timeout: 15_000, interval: 20 },
  )
  return made.body.id as string
}

interface Line {
  readonly path: string
  readonly line: number
  readonly text: string
}

interface Input {
  readonly pattern: string
  readonly regex?: boolean
  readonly ignore_case?: boolean
  readonly limit?: number
  readonly repository_id?: string
  readonly cursor?: string | null
}

async function search(input: Input, user = ann) {
  const asked = await service.ask('/api/v1/search/code', user.key, { method: 'POST', body: input })
  const { matches, next_cursor, error_type } = asked.body
  return { matches: matches as readonly Line[], next_cursor, error_type }
}

/** All pages, none of them longer than it was asked for. */
async function searchAll(input: Input): Promise<string[]> {
  const found: Line[] = []
  let cursor: string | null = null
  do {
    const page = await search({ ...input, ...(cursor === null ? {} : { cursor }) })
    expect(page.matches.length).toBeLessThanOrEqual(input.limit ?? 20)
    found.push(...page.matches)
    cursor = page.next_cursor
  } while (cursor !== null)
  return found.map(written).toSorted()
}

const written = ({ path, line, text }: Line) => `${path}:${line}: ${text}`

/** Longer lines are kept so far, and shown so far. */
function look(fits: (line: string) => boolean, paths = /./): string[] {
  return Object.entries(files)
    .filter(([path]) => paths.test(path))
    .flatMap(([path, text]) =>
      text
        .split(/\r?\n/)
        .map((line) => line.slice(0, 8_192))
        .map((line, index) => ({ path, line: index + 1, text: line })),
    )
    .filter(({ text }) => fits(text))
    .map(({ text, ...rest }) => written({ ...rest, text: text.slice(0, 500) }))
    .toSorted()
}

test.each([
  ['🙂', 1],
  ['compute', 7],
  ['compute', 20],
  ['compute', 200],
  // beyond the first pieces, which are read without the index
  ['nothing', 150],
  [' of', 199],
])('"%s", %i lines a page', async (pattern, limit) => {
  const found = await searchAll({ pattern, limit })
  expect(found).toEqual(look((line) => line.includes(pattern)))
  expect(found.length).toBeGreaterThan(1)
})

test.each(['100%_\\', 'größe', 'c', 'compute(compute', ' ', 'ÄÖÜ'])('"%s"', async (text) => {
  const found = await searchAll({ pattern: text, limit: 200 })
  expect(found).toEqual(look((line) => line.includes(text)))
  expect(found.length).toBeGreaterThan(0)
})

test('a text whatever its case', async () => {
  const found = await searchAll({ pattern: 'Größe', ignore_case: true, limit: 200 })
  expect(found).toEqual(look((line) => line.toLowerCase().includes('größe')))
  expect(found).toHaveLength(1)
})

test.each([
  'async function \\w+Stream',
  'class \\w+ extends Transform',
  '^compute',
  'compute$',
  '\\bcompute\\b',
  '\\bcompute three$',
  'com\\Bpute$',
  '^$',
  'comp(ute|any)\\(',
  'value\\d{4} = ',
  'co?mpute\\(1',
  '(two|three)',
  'one.*compute',
  '[🙂]+ comp',
  'e\\(c.*\\) \\+',
])('the regular expression %s', async (pattern) => {
  const found = await searchAll({ pattern, regex: true, limit: 200 })
  expect(found).toEqual(look((line) => new RegExp(pattern, 'u').test(line)))
  expect(found.length).toBeGreaterThan(0)
})

test('a regular expression whatever its case', async () => {
  const input = { pattern: '^gr.+ = comp', regex: true, ignore_case: true }
  const expected = look((line) => /^gr.+ = comp/i.test(line))
  expect(await searchAll(input)).toEqual(expected)
  expect(await searchAll({ pattern: '(?i)^gr.+ = comp', regex: true })).toEqual(expected)
})

test('languages, paths and repositories', async () => {
  const scoped = async (scope: object) => searchAll({ pattern: 'compute', limit: 200, ...scope })
  const found = (paths: RegExp) => look((line) => line.includes('compute'), paths)
  expect(await scoped({ language: 'javascript' })).toEqual(found(/\.js$/))
  expect(await scoped({ path: '*.ts' })).toEqual(found(/\.ts$/))
  expect(await scoped({ path: '*.ts', language: 'python' })).toEqual([])
  expect(await scoped({ repository_id: '00000000-0000-4000-8000-000000000000' })).toEqual([])
})

test('lines have no ends in them', async () => {
  expect(await search({ pattern: 'two\r\n' })).toMatchObject({ matches: [], next_cursor: null })
  const across = { pattern: 'two\\s+\\r?\\ncompute', regex: true }
  expect(await search(across)).toMatchObject({ matches: [], next_cursor: null })
})

test('an expression that is none is told even where nothing could match it', async () => {
  for (const pattern of ['nowhere[z-a]', '(', 'a**', 'nowhere\\'])
    expect((await search({ pattern, regex: true })).error_type, pattern).toBe('invalid_pattern')
})

test('what is common is read by path, until a page is full', async () => {
  const common = { pattern: 'compute', repository_id: lines }
  const { matches, next_cursor } = await search({ ...common, limit: 3 })
  expect(matches.map(({ path, line }) => `${path}:${line}`)).toEqual([
    'src/first.js:1',
    'src/many.ts:1',
    'src/many.ts:8',
  ])
  const forged = Buffer.from(JSON.stringify([lines, 'src/many.ts', 'x', `${lines}.(0,0).0`]))
  expect(await search({ ...common, cursor: forged.toString('base64url') })).toMatchObject({
    error_type: 'invalid_request',
  })
  expect(next_cursor).not.toBe(null)
})

test('a cursor of somebody else, or of nobody, shows nothing', async () => {
  const { next_cursor: cursor } = await search({ pattern: 'compute' })
  const bob = await service.signUp('bob')
  expect(await search({ pattern: 'compute', cursor }, bob)).toMatchObject({
    matches: [],
    next_cursor: null,
  })
  for (const forged of [['(0,1)'], ['(0,1).1 or true'], ['(99999999999,1).1'], [1]]) {
    const text = Buffer.from(JSON.stringify(forged)).toString('base64url')
    const { error_type } = await search({ pattern: 'compute', cursor: text })
    expect(error_type, JSON.stringify(forged)).toBe('invalid_request')
  }
})
