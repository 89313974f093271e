import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import asc from 'assemblyscript/asc'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFunctions } from './functions-project.fixture.ts'
import type { FunctionsProject } from './functions-project.fixture.ts'

const example = join(
  import.meta.dirname,
  '../../../../../examples/functions/supabase/functions/count',
)

/** WASI by hand: `say` writes to stdout. */
const common = `
@external('wasi_snapshot_preview1', 'fd_write') declare function fd_write(fd: i32, iovs: usize, count: i32, written: usize): i32
@external('wasi_snapshot_preview1', 'proc_exit') declare function proc_exit(code: i32): void
@external('wasi_snapshot_preview1', 'environ_sizes_get') declare function environ_sizes_get(count: usize, size: usize): i32
@external('wasi_snapshot_preview1', 'environ_get') declare function environ_get(list: usize, text: usize): i32
function write(fd: i32, text: string): void {
  const bytes = String.UTF8.encode(text)
  const vector = heap.alloc(8)
  store<usize>(vector, changetype<usize>(bytes))
  store<i32>(vector, bytes.byteLength, 4)
  fd_write(fd, vector, 1, heap.alloc(4))
}
function say(text: string): void { write(1, text) }
`
const sources: Readonly<Record<string, string>> = {
  loop: `export function _start(): void { while (true) {} }`,
  // as much as it is given, in steps
  memory: `export function _start(): void { let pages = 0; while (memory.grow(16) >= 0) { pages += 16 } say('{"body":{"megabytes":' + (pages / 16).toString() + '}}') }`,
  stdout: `export function _start(): void {
    const vector = heap.alloc(8); store<usize>(vector, heap.alloc(1000000)); store<i32>(vector, 1000000, 4)
    const written = heap.alloc(4)
    while (true) fd_write(1, vector, 1, written)
  }`,
  exits: `export function _start(): void { write(2, 'a word before'); proc_exit(3) }`,
  traps: `export function _start(): void { unreachable() }`,
  nonsense: `export function _start(): void { say('no json') }`,
  status: `export function _start(): void { say('{"status":99}') }`,
  text: `export function _start(): void { say('{"status":201,"headers":{"X-Own":"yes"},"body":"text"}') }`,
  bytes: `export function _start(): void { say('{"body_base64":"AAH/"}') }`,
  variables: `export function _start(): void {
    const count = heap.alloc(4); const size = heap.alloc(4)
    environ_sizes_get(count, size)
    const list = heap.alloc(load<i32>(count) * 4); const text = heap.alloc(load<i32>(size))
    environ_get(list, text)
    let all = ''
    for (let i = 0; i < load<i32>(count); i++) { const entry = String.UTF8.decodeUnsafe(load<usize>(list + i * 4), 4096, true); all += entry.split('=')[0] + ' ' }
    say('{"body":"' + all + '"}')
  }`,
  silent: `export function start(): void {}`,
  foreign: `@external('env', 'fetch') declare function get(): void\nexport function _start(): void { get() }`,
}

const endless = new Set(['loop', 'stdout'])

async function compile(source: string): Promise<Uint8Array> {
  let binary: Uint8Array = new Uint8Array()
  const { error, stderr } = await asc.main(
    ['in.ts', '--outFile', 'out.wasm', '-O', '--runtime', 'stub', '--use', 'abort='],
    {
      readFile: (name: string) => (name === 'in.ts' ? source : null),
      writeFile: (_: string, content: string | Uint8Array) => void (binary = content as Uint8Array),
      listFiles: () => [],
    },
  )
  if (error !== null) throw new Error(stderr.toString())
  return binary
}

let project: FunctionsProject

beforeAll(async () => {
  const files: Record<string, string | Uint8Array> = {
    'count/manifest.json': readFileSync(join(example, 'manifest.json'), 'utf8'),
    'count/module.wasm': readFileSync(join(example, 'module.wasm')),
    'cut/manifest.json': '{}',
    'cut/module.wasm': readFileSync(join(example, 'module.wasm')).subarray(0, 200),
    'none/manifest.json': '{}',
    'outside/manifest.json': '{"entry":"../../../outside.wasm"}',
    'odd/manifest.json': '{"limits":{"memory_mb":"much"}}',
    'odd/module.wasm': readFileSync(join(example, 'module.wasm')),
    'broken/manifest.json': '{',
  }
  for (const [name, source] of Object.entries(sources)) {
    files[`${name}/manifest.json`] = JSON.stringify({
      // what ends by itself has time for it on a slow machine
      limits: { memory_mb: 8, timeout_ms: endless.has(name) ? 300 : 10_000 },
      environment: { ITS_OWN: 'yes' },
    })
    files[`${name}/module.wasm`] = await compile(common + source)
  }
  project = await startFunctions(files)
})
afterAll(() => project.close())

async function answer(
  name: string,
  init: RequestInit = {},
): Promise<[status: number, body: unknown]> {
  const response = await project.call(name, init)
  const text = await response.text()
  return [
    response.status,
    response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text,
  ]
}

const details = (pattern: RegExp): unknown =>
  expect.objectContaining({ details: expect.stringMatching(pattern) as string })

test('the example is what its source compiles to, and counts', async () => {
  const source = readFileSync(join(example, 'index.as.ts'), 'utf8')
  expect((await compile(source)).length).toBeGreaterThan(1000)
  expect(
    await answer('count', {
      method: 'POST',
      body: 'one two "three"\nfour',
      headers: { 'content-type': 'text/plain' },
    }),
  ).toEqual([200, { words: 4 }])
})

test('each call has an instance of its own', async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => answer('count', { method: 'POST', body: 'w '.repeat(i) })),
  )
  expect(answers).toEqual(answers.map((_, i) => [200, { words: i }]))
})

test('answers: text, status and headers, bytes', async () => {
  expect(await answer('text')).toEqual([201, 'text'])
  expect((await project.call('text')).headers.get('x-own')).toBe('yes')
  const bytes = await project.call('bytes')
  expect([...new Uint8Array(await bytes.arrayBuffer())]).toEqual([0, 1, 255])
})

test('its variables, and no keys that open more', async () => {
  const [, names] = await answer('variables')
  expect(String(names).trim().split(' ').sort()).toEqual([
    'ITS_OWN',
    'SB_REGION',
    'SUPABASE_ANON_KEY',
    'SUPABASE_PROJECT_REF',
    'SUPABASE_PUBLISHABLE_KEYS',
    'SUPABASE_URL',
  ])
})

test('memory ends at its limit', async () => {
  const [status, body] = await answer('memory')
  expect(status).toBe(200)
  expect((body as { megabytes: number }).megabytes).toBeLessThanOrEqual(8)
  expect((body as { megabytes: number }).megabytes).toBeGreaterThanOrEqual(6)
})

test.each([
  ['loop', 546, /^CPU time: 300 ms/],
  ['stdout', 546, /^(stdout: \d+ bytes may be written|CPU time)/],
  ['exits', 500, /^It exited with code 3\na word before/],
  ['traps', 500, /unreachable/],
  ['nonsense', 500, /^stdout is no JSON object: no json/],
  ['status', 500, /status is a number from 200 to 599/],
  ['silent', 503, /exports no _start/],
  ['foreign', 503, /imports env\.fetch: only functions of wasi_snapshot_preview1/],
  ['cut', 503, /cut off/],
  ['none', 503, /there is no module\.wasm/],
  ['outside', 503, /leads out of the function's folder/],
  ['odd', 503, /limits\.memory_mb is a number above 0/],
  ['broken', 503, /broken\/manifest\.json cannot be read/],
])('%s answers %i', async (name, status, why) => {
  expect(await answer(name)).toEqual([status, details(why)])
  expect(await answer('count', { method: 'POST', body: 'still here' })).toEqual([200, { words: 2 }])
})
