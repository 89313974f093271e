/** Objects of a local project: files of its folder become some, a restart keeps them, a reset begins anew. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTestFolder } from '#testing'
import { defineConfig } from '#base/config'
import { freePort } from '#host/node/postgres'
import { openLocalPlatform } from './open-local-platform.ts'
import type { LocalPlatform } from './open-local-platform.ts'
import { resetLocal } from './reset-local.ts'
import { sweepLocal } from './sweep-local.ts'

let workdir: string
let local: LocalPlatform
const warnings: string[] = []
const onWarning = (message: string): void => void warnings.push(message)

async function configuration() {
  const bucket = {
    public: true,
    file_size_limit: 10,
    allowed_mime_types: [],
    objects_path: './pics',
  }
  const none = { ...bucket, objects_path: './none' }
  return defineConfig({ 'db.port': await freePort(), 'storage.buckets': { pics: bucket, none } })
}

beforeAll(async () => {
  workdir = makeTestFolder()
  const folder = join(workdir, 'supabase/pics/a b')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'x.svg'), '<svg/>')
  writeFileSync(join(folder, 'large.txt'), 'more than ten bytes')
  local = await openLocalPlatform({ workdir, config: await configuration(), onWarning })
})
afterAll(async () => {
  await local.close()
  rmSync(workdir, { recursive: true })
})

async function read(path: string): Promise<string> {
  const { platform } = local
  const response = await platform.fetch(`${platform.externalUrl}/storage/v1/object/public/${path}`)
  return response.ok ? `${response.headers.get('content-type')} ${await response.text()}` : 'none'
}

async function upload(path: string): Promise<void> {
  const { platform } = local
  await platform.fetch(`${platform.externalUrl}/storage/v1/object/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.keys.serviceRoleKey}` },
    body: 'own',
  })
}

test('the files of objects_path are objects of their bucket; what is refused is told', async () => {
  expect(await read('pics/a%20b/x.svg')).toBe('image/svg+xml <svg/>')
  expect(warnings).toEqual([
    expect.stringMatching(/large\.txt could not be uploaded to pics: The object exceeded/),
    expect.stringMatching(/storage\.buckets\.none\.objects_path: .*none is not there/),
  ])
})

test('a restart keeps objects, a reset those of the folder only', async () => {
  await upload('pics/own.txt')
  await local.close()
  const config = await configuration()
  local = await openLocalPlatform({ workdir, config })
  expect(await read('pics/own.txt')).toBe('text/plain;charset=UTF-8 own')
  await local.close()
  await resetLocal({ workdir, config, seed: true, onProgress: () => {}, onWarning })
  expect(existsSync(join(workdir, 'supabase/.temp/storage/blobs'))).toBe(true)
  local = await openLocalPlatform({ workdir, config })
  expect([await read('pics/own.txt'), await read('pics/a%20b/x.svg')]).toEqual([
    'none',
    'image/svg+xml <svg/>',
  ])
})

test("a sweep takes deployed functions for nobody's orphans, as long as there are any", async () => {
  const { platform } = local
  const send = (method: string, path: string, body?: FormData) =>
    platform.fetch(`${platform.externalUrl}/admin/v1/projects/default/functions${path}`, {
      method,
      headers: {
        authorization: `Bearer ${platform.keys.serviceRoleKey}`,
        accept: 'multipart/form-data',
      },
      ...(body === undefined ? {} : { body }),
    })
  const form = new FormData()
  form.append('metadata', '{"entrypoint_path":"supabase/functions/hello/index.ts"}')
  form.append('file', new Blob(['export default 1']), 'supabase/functions/hello/index.ts')
  expect((await send('POST', '/deploy?slug=hello', form)).status).toBe(201)
  const config = await configuration()
  const sweep = () => {
    const { databaseUrl } = local
    const nowMs = Date.now() + 2 * 3_600_000
    return sweepLocal({ workdir, config, databaseUrl, nowMs, deletes: true, onOrphan: () => {} })
  }
  const before = await sweep()
  expect(before.bytes).toBe(0)
  expect(await (await send('GET', '/hello/body')).text()).toContain('export default 1')
  expect((await send('DELETE', '/hello')).status).toBe(200)
  expect((await sweep()).bytes).toBe(0)
})
