/** What was deployed is what answers: on the node it was deployed on, on another one, and after a rollback. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemoryStore } from '#base/blob'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { deploy, token } from './deploy.fixture.ts'

const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'basalt-runs-')))
const nodes: TestPlatform[] = []
beforeAll(async () => {
  const blobs = createMemoryStore()
  for (const workdir of folders) {
    const databaseUrl = nodes[0]?.databaseUrl
    const more = databaseUrl === undefined ? {} : { databaseUrl }
    nodes.push(await startTestPlatform({ blobs, operatorToken: token, workdir, ...more }))
  }
})
afterAll(async () => {
  for (const node of nodes.toReversed()) await node.close()
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const url = (node: number): string => nodes[node]?.url ?? ''
const put = (word: string) =>
  deploy(
    url(0),
    'hello',
    {
      'supabase/functions/hello/index.ts': `
        import { word } from '../_shared/word.ts'
        const text = await Deno.readTextFile(new URL('./page.txt', import.meta.url))
        Deno.serve(() => new Response([word, text, Deno.env.get('WORD')].join(' ')))`,
      'supabase/functions/_shared/word.ts': `export const word = '${word}'`,
      'supabase/functions/hello/page.txt': 'page',
    },
    { verify_jwt: false },
  )
async function call(node: number): Promise<string> {
  const response = await fetch(`${url(node)}/functions/v1/hello`)
  return `${response.status} ${await response.text()}`
}
const send = (method: string, path: string, body: unknown) =>
  fetch(`${url(0)}/admin/v1/projects/default/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })

test('deployed, changed, given a secret, rolled back, deleted: each node answers so', async () => {
  expect(await call(0)).toBe('404 Function not found')
  expect(await call(1)).toBe('404 Function not found')
  const everywhere = async (answer: string) => {
    for (const node of [0, 1]) await expect.poll(() => call(node), { interval: 20 }).toBe(answer)
  }
  expect((await put('one')).status).toBe(201)
  await everywhere('200 one page ')
  expect((await put('two')).status).toBe(201)
  await everywhere('200 two page ')
  await send('POST', 'secrets', [{ name: 'WORD', value: 'secret' }])
  await everywhere('200 two page secret')
  await send('POST', 'functions/hello/rollback', {})
  await everywhere('200 one page secret')
  await send('DELETE', 'functions/hello', undefined)
  await everywhere('404 Function not found')
})

test('an import that cannot be had is told at once, and nothing changes', async () => {
  const broken = { 'supabase/functions/broken/index.ts': `import './nowhere.ts'` }
  const { status, body } = await deploy(url(0), 'broken', broken)
  expect([status, body]).toEqual([
    400,
    expect.objectContaining({
      code: 'function_not_prepared',
      message: expect.stringContaining('nowhere.ts'),
    }),
  ])
})
