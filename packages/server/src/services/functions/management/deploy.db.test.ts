/** Functions are deployed, listed, downloaded, rolled back and deleted, on one node and on two. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemoryStore } from '#base/blob'
import type { BlobStore } from '#base/blob'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { deploy, filesOf, formOf, runtimeIn, token } from './deploy.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'basalt-deploy-'))
let blobs: BlobStore
let server: TestPlatform
beforeAll(async () => {
  blobs = createMemoryStore()
  server = await startTestPlatform({ blobs, operatorToken: token, functions: runtimeIn(folder) })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const admin = '/admin/v1/projects/default'
const send = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) }
}
const names = async () => {
  const listed: string[] = []
  for await (const { name } of blobs.list()) listed.push(name)
  return listed
}

test('deployed: a row, an artifact, a listing, and the same bytes back', async () => {
  const files = {
    'supabase/functions/hello/index.ts': 'Deno.serve(() => new Response("héllo"))',
    'supabase/functions/_shared/cors.ts': 'export const cors = {}',
    'supabase/functions/hello/deno.json': '{"imports":{}}',
    'supabase/functions/hello/pic.bin': new Uint8Array([0, 255, 13, 10, 45, 45]),
  }
  const { status, body } = await deploy(server.url, 'hello', files, {
    import_map_path: './supabase/functions/hello/deno.json',
  })
  expect([status, body]).toEqual([
    201,
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      slug: 'hello',
      name: 'hello',
      status: 'ACTIVE',
      version: 1,
      created_at: expect.any(Number),
      updated_at: expect.any(Number),
      verify_jwt: true,
      import_map: true,
      entrypoint_path: 'file:///source/hello/index.ts',
      import_map_path: 'file:///source/hello/deno.json',
      ezbr_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      kind: 'javascript',
      size: expect.any(Number),
    },
  ])
  expect(await names()).toEqual([expect.stringMatching(/^\.basalt\/functions\/default\/hello\//)])
  expect(await send('GET', `${admin}/functions`)).toEqual({ status: 200, body: [body] })
  expect(await send('GET', `${admin}/functions/hello`)).toEqual({ status: 200, body })
  const back = await filesOf(server.url, 'hello')
  expect(Object.keys(back)).toEqual([
    'source/_shared/cors.ts',
    'source/hello/deno.json',
    'source/hello/index.ts',
    'source/hello/pic.bin',
  ])
  for (const [path, content] of Object.entries(files))
    expect(back[path.replace('supabase/functions', 'source')]).toEqual(Buffer.from(content))
})

test('the Management API is the same, for the operator alone', async () => {
  const path = '/v1/projects/abcdefghijklmnopqrst/functions'
  expect((await send('GET', path)).body).toEqual((await send('GET', `${admin}/functions`)).body)
  const { serviceRoleKey } = server.platform.keys
  for (const authorization of [`Bearer ${serviceRoleKey}`, 'Bearer sbp_none', ''])
    expect((await fetch(`${server.url}${path}`, { headers: { authorization } })).status).toBe(401)
  const nobody = await fetch(`${server.url}${path}`)
  expect(await nobody.json()).toMatchObject({ code: 'admin_operator_only' })
  expect((await send('GET', '/v1/projects/other/functions')).status).toBe(404)
  expect((await send('GET', '/v1/projects')).status).toBe(404)
  const page = { authorization: `Bearer ${token}`, origin: 'https://evil.example' }
  expect((await fetch(`${server.url}${path}`, { headers: page })).status).toBe(403)
  const anon = { authorization: `Bearer ${server.platform.keys.anonKey}` }
  expect((await fetch(`${server.url}${admin}/functions`, { headers: anon })).status).toBe(403)
})

test('old versions are kept and rolled back to; of the oldest nothing is left', async () => {
  const source = (n: number) => ({ 'supabase/functions/many/index.ts': `export default ${n}` })
  for (let n = 1; n <= 12; n++) {
    const { body } = await deploy(server.url, 'many', source(n))
    expect(body).toMatchObject({ version: n })
  }
  const versions = async () =>
    (await send('GET', `${admin}/functions/many/versions`)).body as {
      version: number
      is_active: boolean
    }[]
  expect((await versions()).map(({ version }) => version)).toEqual([
    12, 11, 10, 9, 8, 7, 6, 5, 4, 3,
  ])
  expect((await names()).filter((name) => name.includes('/many/'))).toHaveLength(10)
  const text = async () => String((await filesOf(server.url, 'many'))['source/many/index.ts'])
  expect((await send('POST', `${admin}/functions/many/rollback`)).body).toMatchObject({
    version: 11,
  })
  expect(await text()).toBe('export default 11')
  const wanted = await send('POST', `${admin}/functions/many/rollback`, { version: 3 })
  expect(wanted.body).toMatchObject({ version: 3 })
  expect(await text()).toBe('export default 3')
  for (const [version, status] of [
    [2, 404],
    [13, 404],
    ['x', 400],
    [0, 400],
  ] as const)
    expect((await send('POST', `${admin}/functions/many/rollback`, { version })).status).toBe(
      status,
    )
  const earliest = await send('POST', `${admin}/functions/many/rollback`)
  expect(earliest).toMatchObject({ status: 409, body: { code: 'function_no_earlier_version' } })
  // the one that is called stays, however old
  expect((await deploy(server.url, 'many', source(13), {}, '&bundleOnly=true')).status).toBe(201)
  expect((await versions()).find(({ is_active }) => is_active)).toMatchObject({ version: 3 })
  expect(await text()).toBe('export default 3')
  const put = await send('PUT', `${admin}/functions`, [{ slug: 'many', version: 13 }])
  expect(put).toMatchObject({ status: 200, body: { functions: [{ slug: 'many', version: 13 }] } })
  expect(await text()).toBe('export default 13')
  expect((await send('DELETE', `${admin}/functions/many`)).status).toBe(200)
  expect((await send('DELETE', `${admin}/functions/many`)).status).toBe(404)
  expect((await names()).filter((name) => name.includes('/many/'))).toEqual([])
})

test('many are activated together, or none', async () => {
  const one = { 'supabase/functions/one/index.ts': '1' }
  const two = { 'supabase/functions/two/index.ts': '2' }
  await deploy(server.url, 'one', one, {}, '&bundleOnly=true')
  await deploy(server.url, 'two', two, {}, '&bundleOnly=true')
  const slugs = async () =>
    ((await send('GET', `${admin}/functions`)).body as { slug: string }[]).map(({ slug }) => slug)
  expect(await slugs()).not.toContain('one')
  const wrong = [
    { slug: 'one', version: 1 },
    { slug: 'two', version: 7 },
  ]
  expect((await send('PUT', `${admin}/functions`, wrong)).status).toBe(404)
  expect(await slugs()).not.toContain('one')
  const right = [
    { slug: 'one', version: 1 },
    { slug: 'two', version: 1 },
  ]
  expect((await send('PUT', `${admin}/functions`, right)).status).toBe(200)
  expect(await slugs()).toEqual(expect.arrayContaining(['one', 'two']))
})

test('concurrent deployments get successive numbers, and one of them is called, whole', async () => {
  const bodies = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      const files = {
        'supabase/functions/race/index.ts': `${n}`,
        'supabase/functions/race/other.ts': `${n}`,
      }
      return (await deploy(server.url, 'race', files)).body as { version: number }
    }),
  )
  const numbers = bodies.map(({ version }) => version).toSorted((a, b) => a - b)
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  const active = (await send('GET', `${admin}/functions/race`)).body as { version: number }
  expect(active.version).toBe(8)
  const files = await filesOf(server.url, 'race')
  expect(files['source/race/index.ts']).toEqual(files['source/race/other.ts'])
})

test('names and verify_jwt are changed in place', async () => {
  await deploy(
    server.url,
    'patched',
    { 'supabase/functions/patched/index.ts': '' },
    { verify_jwt: false },
  )
  const patched = await send('PATCH', `${admin}/functions/patched`, {
    name: 'New',
    verify_jwt: true,
  })
  expect(patched.body).toMatchObject({ name: 'New', verify_jwt: true, version: 1 })
  expect((await send('PATCH', `${admin}/functions/none`, {})).status).toBe(404)
  expect((await send('PATCH', `${admin}/functions/patched`, { name: 7 })).status).toBe(400)
})

test('progress comes in lines, the function last', async () => {
  const response = await fetch(`${server.url}${admin}/functions/deploy?slug=slow`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, accept: 'application/x-ndjson' },
    body: formOf({ 'supabase/functions/slow/index.ts': '' }, 'slow'),
  })
  const lines = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object)
  expect(lines.slice(0, -1)).toContainEqual({ progress: 'received 1 files' })
  expect(lines.at(-1)).toMatchObject({ function: { slug: 'slow', version: 1 } })
})

test('a bundle is refused, with what to do instead', async () => {
  for (const [method, path] of [
    ['POST', 'functions'],
    ['PATCH', 'functions/hello'],
  ] as const) {
    const response = await fetch(`${server.url}/v1/projects/default/${path}?slug=hello`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/vnd.denoland.eszip',
      },
      body: 'ESZIP2.3',
    })
    expect([response.status, await response.json()]).toEqual([
      415,
      expect.objectContaining({
        code: 'function_bundle_refused',
        hint: 'supabase functions deploy --use-api',
      }),
    ])
  }
  const body = await send('GET', `${admin}/functions/hello/body`)
  expect(body).toMatchObject({ status: 406, body: { code: 'function_body_form_only' } })
})
