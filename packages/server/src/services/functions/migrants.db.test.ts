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
  'express/index.ts': `import express from 'npm:express@4.18.2'
const app = express()
app.use(express.json())
app.get('/express', (_, response) => response.send('Hello World!'))
app.post('/express/:id', (request, response) => { console.log('a post'); response.status(201).json([request.params.id, request.query.b, request.body]) })
app.get('/express/throws', () => { throw new Error('caught by express') })
app.listen(3000)`,
  'temporary/index.ts': `import fs from 'node:fs'
import os from 'node:os'
Deno.serve(async () => {
  const file = await Deno.makeTempFile({ dir: '/tmp', suffix: '.txt' })
  const folder = Deno.makeTempDirSync({ dir: '/tmp', prefix: 'mine-' })
  await Deno.writeTextFile(file, 'kept')
  fs.writeFileSync(os.tmpdir() + '/node', 'too')
  return Response.json([Deno.readTextFileSync(file), Deno.statSync(folder).isDirectory, await Deno.readTextFile('/tmp/node')])
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

test('express answers, wherever it listens', async () => {
  expect(await (await project.call('express')).text()).toBe('Hello World!')
  const response = await project.call('express/7?b=1', {
    method: 'POST',
    body: '{"a":1}',
    headers: { 'content-type': 'application/json', 'x-request-id': 'r-7' },
  })
  expect([response.status, await response.json()]).toEqual([201, ['7', '1', { a: 1 }]])
  const id = response.headers.get('x-request-id')
  expect(
    project.logged.filter(({ message }) => message === 'a post').map((entry) => entry.request_id),
  ).toEqual([id])
  expect((await project.call('express/throws')).status).toBe(500)
})

test('temporary files, by each of their names', async () => {
  expect(await (await project.call('temporary')).json()).toEqual(['kept', true, 'too'])
})
