/** Uploads that are not what they should be are refused, and leave nothing behind. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemoryStore } from '#base/blob'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { deploy, formOf, runtimeIn, token } from './deploy.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-hostile-'))
const blobs = createMemoryStore()
let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({
    blobs,
    operatorToken: token,
    functions: runtimeIn(folder),
    config: {
      'basalt.functions.max_unpacked_size': 60_000,
      'basalt.functions.max_artifact_size': 20_000,
    },
  })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})
const good = { 'supabase/functions/f/index.ts': 'x' }

test.each([
  '../../../../etc/cron.d/x',
  'supabase/functions/../../../x',
  '..',
  '.',
  '/etc/passwd',
  'C:\\x',
  'supabase\\functions\\f\\x.ts',
  'file:///etc/passwd',
  'supabase/functions/f/a\u0001b',
  `${'a/'.repeat(40)}x`,
  `supabase/functions/f/${'a'.repeat(300)}`,
  'a'.repeat(2_000),
])('the path %j', async (path) => {
  const { status, body } = await deploy(server.url, 'f', { ...good, [path]: 'x' })
  expect([status, body]).toEqual([400, expect.objectContaining({ code: 'function_path_invalid' })])
})

/** A form byte by byte: clients that are kind send no such thing. */
async function sendRaw(body: string | Buffer, contentType = 'multipart/form-data; boundary=b') {
  const response = await fetch(`${server.url}/v1/projects/default/functions/deploy?slug=f`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
    body: body as never,
  })
  return { status: response.status, code: ((await response.json()) as { code: string }).code }
}
const part = (head: string, content: string): string =>
  `--b\r\ncontent-disposition: form-data; ${head}\r\n\r\n${content}\r\n`
const metadata = part('name="metadata"', '{"entrypoint_path":"supabase/functions/f/index.ts"}')
const file = part('name="file"; filename="supabase/functions/f/index.ts"', 'x')

const invalid = 'function_upload_invalid'
test.each([
  ['no form', '{}', invalid, 'application/json'],
  ['no boundary', '', invalid, 'multipart/form-data'],
  ['nothing', '', invalid],
  ['a form that breaks off', `${metadata}${file.slice(0, -10)}`, invalid],
  ['no metadata', `${file}--b--`, invalid],
  ['no files', `${metadata}--b--`, invalid],
  ['metadata that is no JSON', `${part('name="metadata"', '{')}${file}--b--`, invalid],
  ['metadata that is no object', `${part('name="metadata"', '[]')}${file}--b--`, invalid],
  ['metadata without entrypoint', `${part('name="metadata"', '{}')}${file}--b--`, invalid],
  [
    'metadata that is too long',
    `${part('name="metadata"', `{"a":"${'x'.repeat(70_000)}"}`)}${file}--b--`,
    invalid,
  ],
  [
    'an entrypoint that is no text',
    `${part('name="metadata"', '{"entrypoint_path":7}')}${file}--b--`,
    invalid,
  ],
  [
    'an entrypoint that is not there',
    `${part('name="metadata"', '{"entrypoint_path":"supabase/functions/f/main.ts"}')}${file}--b--`,
    'function_file_missing',
  ],
  [
    'an entrypoint elsewhere',
    `${part('name="metadata"', '{"entrypoint_path":"../../../etc/passwd"}')}${file}--b--`,
    'function_path_invalid',
  ],
  [
    'a name in another encoding',
    Buffer.from(
      `${metadata}${file}${part('name="file"; filename="b\xe9.ts"', 'x')}--b--`,
      'latin1',
    ),
    'function_path_invalid',
  ],
  [
    'a file where a folder is',
    `${metadata}${file}${part('name="file"; filename="supabase/functions/f"', 'x')}--b--`,
    invalid,
  ],
  [
    'a folder where a file is',
    `${metadata}${file}${part('name="file"; filename="supabase/functions/f/index.ts/x"', 'x')}--b--`,
    invalid,
  ],
  ['a file without name', `${metadata}${part('name="file"; filename=""', 'x')}--b--`, undefined],
  [
    'too many files',
    `${metadata}${file}${part('name="file"; filename="a/b"', '').repeat(5_001)}--b--`,
    invalid,
  ],
] as [string, string | Buffer, string | undefined, string?][])(
  '%s',
  async (...[, body, code, type]) => {
    const answer = await sendRaw(body, type)
    expect(answer.status).toBe(400)
    if (code !== undefined) expect(answer.code).toBe(code)
  },
)

test('too much', async () => {
  const large = { ...good, 'supabase/functions/f/large.txt': 'x'.repeat(60_001) }
  expect(await deploy(server.url, 'f', large)).toMatchObject({
    status: 413,
    body: { code: 'function_upload_too_large' },
  })
  const random = crypto.getRandomValues(new Uint8Array(40_000))
  expect(
    await deploy(server.url, 'f', { ...good, 'supabase/functions/f/r.bin': random }),
  ).toMatchObject({ status: 413, body: { code: 'artifact_too_large' } })
})

test.each(['', '1f', 'a/b', '%00', 'a'.repeat(65), '_shared', "x';drop"])(
  'the name %j',
  async (name) => {
    const response = await fetch(
      `${server.url}/v1/projects/default/functions/deploy?slug=${encodeURIComponent(name)}`,
      { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: formOf(good, 'f') },
    )
    expect(await response.json()).toMatchObject({ code: 'function_name_invalid' })
  },
)

test('a client that goes in the middle', async () => {
  const controller = new AbortController()
  async function* halfway() {
    yield Buffer.from(metadata + file)
    controller.abort()
  }
  const sent = fetch(`${server.url}/v1/projects/default/functions/deploy?slug=f`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'multipart/form-data; boundary=b',
    },
    body: halfway() as never,
    duplex: 'half',
    signal: controller.signal,
  } as RequestInit)
  await expect(sent).rejects.toThrow(/abort/i)
})

test('nothing of all this is left', async () => {
  expect(await server.count('select count(*)::int8 as n from basalt.function_versions')).toBe(0)
  for await (const { name } of blobs.list()) expect.unreachable(name)
  await expect.poll(() => readdirSync(join(folder, 'work'))).toEqual([])
})
