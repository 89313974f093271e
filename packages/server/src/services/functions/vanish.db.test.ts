import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFunctions } from './functions-project.fixture.ts'
import type { FunctionsProject } from './functions-project.fixture.ts'

/** Folders that go away while functions run: somebody tidies up. */
const files = {
  'where/index.ts': `Deno.serve(async () => {
  const own = await fetch(Deno.env.get('SUPABASE_URL') + '/functions/v1/_internal/health')
  return Response.json({ tmp: Deno.env.get('TMPDIR'), code: import.meta.dirname, own: own.status })
})`,
}

let project: FunctionsProject
beforeAll(async () => {
  project = await startFunctions(files, { config: { 'edge_runtime.policy': 'oneshot' } })
})
afterAll(() => project.close())

async function where(): Promise<{ tmp: string; code: string; own: number }> {
  const response = await project.call('where')
  expect(response.status).toBe(200)
  return (await response.json()) as { tmp: string; code: string; own: number }
}

test('what was made ready is made ready again', async () => {
  const { code } = await where()
  // …/functions/where-0123456789abcdef/source/where
  rmSync(dirname(dirname(code)), { recursive: true })
  await expect.poll(async () => (await project.call('where')).status).toBe(200)
  expect((await where()).code).toBe(code)
})

test('sockets and folders of workers are made again, and lead to the project', async () => {
  const { tmp } = await where()
  rmSync(dirname(dirname(tmp)), { recursive: true })
  expect(await where()).toMatchObject({ own: 200 })
})
