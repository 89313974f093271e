import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFunctions } from './functions-project.fixture.ts'
import type { FunctionsProject } from './functions-project.fixture.ts'

/** Functions as people have them on Supabase. */
const files = {
  'copies/index.ts': `Deno.serve(async (request) => {
  const clone = request.clone()
  const copy = new Request(clone, { headers: { 'x-more': '1' } })
  const elsewhere = new Request('https://example.com/x', request.clone())
  return Response.json([clone.url, copy.url, elsewhere.url, await request.text(), await copy.clone().text(), copy instanceof Request, request instanceof Request, copy.clone().url, request.constructor === Request])
})`,
}

let project: FunctionsProject
beforeAll(async () => {
  project = await startFunctions(files)
})
afterAll(() => project.close())

test('copies of a request have its URL', async () => {
  const response = await project.call('copies/a?b=1', { method: 'POST', body: 'text' })
  const url = 'http://127.0.0.1:54321/copies/a?b=1'
  const copied = ['text', 'text', true, true, url, true]
  expect(await response.json()).toEqual([url, url, 'https://example.com/x', ...copied])
})
